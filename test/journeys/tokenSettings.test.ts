import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { newId } from '../../platform/kernel/ids.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { signatureAlgorithms } from '../../platform/kernel/signatureAlgorithms.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { startWholeGraph, type WholeGraph } from '../adversarial/support/wholeGraph.js';
import { askForToken, basic } from '../identity/support/oauth.js';

/*
 * All services and the gateway as they are configured by an operator: with each algorithm of tokens, an hour's third as their
 * lifetime, any free port for the gateway and a service account of the first start.
 */
describe.each(signatureAlgorithms)('an installation with %s', (algorithm) => {
  let graph: WholeGraph;
  let operator: string;
  beforeAll(async () => {
    graph = await startWholeGraph({
      TOLLGATE_PORT: '0',
      IDENTITY_TOKEN_ALGORITHM: algorithm,
      IDENTITY_TOKEN_SECONDS: '1200',
      IDENTITY_SERVICE_ACCOUNT_NAME: 'cluster meter',
      IDENTITY_SERVICE_ACCOUNT_SCOPES: 'compute:control,accounting:usage',
      IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS: wellKnown.clusterLocal,
    });
    const stage = { client: httpClient(graph.gatewayUrl), codes: oneTimeCodes(), narrate: () => {}, run: 'tokens' };
    const credentials = JSON.parse(await readFile(join(graph.home, 'operator.json'), 'utf8'));
    operator = await operatorLogsIn(stage, credentials);
  });
  afterAll(() => graph.stop());

  const ask = async <Data>(document: string, variables: object = {}, token: string | null = operator) =>
    (await graph.viaGateway({ document, variables: { ...variables }, token })).data as Data;
  const mutate = <Payload>(name: string, input: object, selection: string, token: string | null = operator) => {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
    const document = `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} refusal { code } } }`;
    return ask<Record<string, Payload>>(document, { input }, token).then((data) => data[name] as Payload);
  };
  /** What each service answers to a token by itself, and the gateway. */
  async function statusesOf(token: string): Promise<Readonly<Record<string, number>>> {
    const call = { document: '{ __typename }', variables: {}, token };
    const answers = subgraphNames.map(async (name) => [name, (await graph.straight(name, call)).status] as const);
    return Object.fromEntries([...(await Promise.all(answers)), ['gateway', (await graph.viaGateway(call)).status]]);
  }
  const all = (status: number) => Object.fromEntries([...subgraphNames, 'gateway'].map((name) => [name, status]));

  it('signs tokens with it that clients verify by the JWKS, and that live as long as configured', async () => {
    expect(decodeProtectedHeader(operator)).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
    const keys = createRemoteJWKSet(new URL('/.well-known/jwks.json', graph.gatewayUrl));
    const { payload } = await jwtVerify(operator, keys, { audience: 'tollgate', typ: 'at+jwt' });
    expect(Number(payload.exp) - Number(payload.iat)).toBe(1_200);
  });

  it('takes them at every service, and nothing that was changed or names another algorithm', async () => {
    expect(await statusesOf(operator)).toEqual(all(200));
    const [head = '', claims = '', signature = ''] = operator.split('.');
    const { sub, ...others } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
    const forged = Buffer.from(JSON.stringify({ ...others, sub: `${sub.slice(0, -1)}0` })).toString('base64url');
    expect(await statusesOf(`${head}.${forged}.${signature}`)).toEqual(all(401));
    const { kid } = decodeProtectedHeader(operator);
    for (const alg of ['none', 'HS256', ...signatureAlgorithms.filter((other) => other !== algorithm)]) {
      const other = Buffer.from(JSON.stringify({ alg, typ: 'at+jwt', kid })).toString('base64url');
      expect(await statusesOf(`${other}.${claims}.${signature}`)).toEqual(all(401));
    }
  });

  it('exchanges them for narrower ones, and signs mandates that accounting reads', async () => {
    const wish = { subjectToken: operator, audience: 'storage', scopes: ['storage:read'] };
    const { accessToken } = await mutate<{ accessToken: string }>('exchangeToken', wish, 'accessToken');
    expect(decodeProtectedHeader(accessToken).alg).toBe(algorithm);
    expect(await statusesOf(accessToken)).toEqual({ ...all(401), storage: 200, gateway: 401 });
    const me = await ask<{ viewer: { user: { id: string } } }>('{ viewer { user { id } } }');
    const opening = {
      idempotencyKey: randomUUID(),
      owner: { userId: me.viewer.user.id },
      name: 'x',
      unit: wellKnown.unit,
    };
    const payee = (await mutate<{ account: { id: string } }>('openAccount', opening, 'account { id }')).account.id;
    const amount = { amount: '1', unit: wellKnown.unit };
    const mandate = await mutate<{ mandate: { token: string } }>(
      'issueMandate',
      {
        idempotencyKey: randomUUID(),
        accountId: newId('account'),
        payee,
        resource: 'room 1',
        maximum: amount,
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      },
      'mandate { token }',
    );
    expect(decodeProtectedHeader(mandate.mandate.token)).toMatchObject({ alg: algorithm, typ: 'mandate+jwt' });
    const holdWith = async (token: string) => {
      const input = { mandate: token, creditAccountId: payee, amount, resource: 'room 1', reason: 'x' };
      const document =
        'mutation ($input: PlaceHoldInput!) { placeHold(input: $input) { hold { id } refusal { code } } }';
      const variables = { input: { idempotencyKey: randomUUID(), ...input } };
      return (await graph.viaGateway({ document, variables, token: operator })).text;
    };
    // Read, and judged by what it says: its account does not exist. What is not read is INVALID_INPUT.
    expect(await holdWith(mandate.mandate.token)).not.toContain('INVALID_INPUT');
    expect(await holdWith(`${mandate.mandate.token.slice(0, -8)}AAAAAAAA`)).toContain('INVALID_INPUT');
  });

  it('rotates to keys of it, which operators see', async () => {
    const shown = { signingKey: { algorithm, state: 'PUBLISHED' } };
    const rotated = await mutate(
      'rotateSigningKey',
      { idempotencyKey: randomUUID(), retirePrevious: true },
      'signingKey { algorithm state }',
    );
    expect(rotated).toMatchObject(shown);
    await vi.waitFor(async () => expect(await statusesOf(operator)).toEqual(all(401)), { timeout: 10_000 });
    const stage = { client: httpClient(graph.gatewayUrl), codes: oneTimeCodes(), narrate: () => {}, run: 'tokens' };
    const credentials = JSON.parse(await readFile(join(graph.home, 'operator.json'), 'utf8'));
    // A code works once: the next step's is taken as well.
    operator = await vi.waitFor(() => operatorLogsIn(stage, credentials), { timeout: 70_000, interval: 1_000 });
    await vi.waitFor(async () => expect(await statusesOf(operator)).toEqual(all(200)), { timeout: 10_000 });
    const listed = await ask<{ signingKeys: object }>('{ signingKeys { nodes { algorithm state } } }');
    expect(listed.signingKeys).toEqual({
      nodes: [
        { algorithm, state: 'PUBLISHED' },
        { algorithm, state: 'RETIRED' },
      ],
    });
  });

  it('has a service account from its first start that a controller works with at once', async () => {
    const file = JSON.parse(await readFile(join(graph.home, 'service-account.json'), 'utf8'));
    const asked = await askForToken(
      graph.gatewayUrl,
      { grant_type: 'client_credentials' },
      basic(file.clientId, file.clientSecret),
    );
    expect(asked.status).toBe(200);
    const document = `mutation ($input: ClaimJobsInput!) {
      claimJobs(input: $input) { leases { fencingToken } refusal { code } } }`;
    const input = { clusterId: file.clusterId, maximum: 1, leaseSeconds: 60 };
    const claimed = await graph.viaGateway({
      document,
      variables: { input },
      token: String(asked.body['access_token']),
    });
    expect(claimed.data).toEqual({ claimJobs: { leases: [], refusal: null } });
  });

  it('tells devices and clients where the gateway really listens', async () => {
    const input = { clientName: 'cli' };
    const selection = 'verificationUri verificationUriComplete userCode';
    const started = await mutate<Record<string, string>>('startDeviceLogin', input, selection, null);
    expect(started['verificationUri']).toBe(`${graph.gatewayUrl}/device`);
    expect(started['verificationUriComplete']).toBe(`${graph.gatewayUrl}/device?userCode=${started['userCode']}`);
    const metadata = await (await fetch(`${graph.gatewayUrl}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({
      token_endpoint: `${graph.gatewayUrl}/oauth/token`,
      jwks_uri: `${graph.gatewayUrl}/.well-known/jwks.json`,
    });
  });
});
