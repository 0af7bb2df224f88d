import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import {
  base64url,
  type CryptoKey,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { loadKeyEncryptionKeys } from '../../subgraphs/identity/adapters/keyEncryptionKeys.js';
import { sealer } from '../../subgraphs/identity/adapters/sealer.js';
import { signingKeyPurpose } from '../../subgraphs/identity/usecases/purposes.js';
import type { TestPerson, TestSession } from '../identity/support/identityHarness.js';
import { runMutation } from '../identity/support/runMutation.js';
import { thingOf } from '../support/identityAndAccounting.js';
import { type PublicGraph, startPublicGraph } from './support/publicGraph.js';

let graph: PublicGraph;
let person: TestPerson;
let session: TestSession;
/** Identity's own signing key, as nobody outside has it: what is forged with it is wrong in its claims alone. */
let signingKey: CryptoKey;
let kid: string;

beforeAll(async () => {
  graph = await startPublicGraph();
  person = await graph.identity.newPerson();
  session = await graph.identity.logIn(person);
  kid = String(decodeProtectedHeader(session.accessToken).kid);
  const [row] = await graph.identity.sql<{ private_jwk: Buffer }>(
    'SELECT private_jwk FROM signing_key WHERE kid = $1',
    [kid],
  );
  const opened = sealer(await loadKeyEncryptionKeys(graph.identity.home, { mayMake: false })).open(
    row?.private_jwk ?? Buffer.alloc(0),
    signingKeyPurpose(kid),
  );
  signingKey = (await importJWK(JSON.parse(opened), 'ES256')) as CryptoKey;
});
afterAll(() => graph.stop());

const VIEWER = '{ viewer { user { id } } }';
/** Asks identity and accounting, each of which verifies the token itself. */
const BOTH = '{ viewer { user { id accounts(first: 1) { nodes { id } } } } }';

const statusOf = async (token: string): Promise<number> => (await graph.ask(VIEWER, {}, { token })).status;

/** Refused as a whole, with one code, by the gateway and by accounting asked straight; the next request works. */
async function expectRefused(token: string): Promise<void> {
  const answer = await graph.ask(BOTH, {}, { token });
  expect({ status: answer.status, fault: answer.fault, data: answer.data }).toEqual({
    status: 401,
    fault: 'UNAUTHENTICATED',
    data: null,
  });
  expect(answer.text).not.toMatch(/jose|JW[TSK]|signature|kid|\bat \//i);
  const straight = await graph.accounting.call(`{ account(id: "${newId('account')}") { id } }`, {}, { token });
  expect(straight.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect(await statusOf(session.accessToken)).toBe(200);
}

const encode = (value: unknown): string => base64url.encode(JSON.stringify(value));
const claims = (): JWTPayload => decodeJwt(session.accessToken);

/** Signs the live session's claims again, with what is changed. */
const sign = (
  changed: { header?: object; claims?: object; without?: readonly string[] } = {},
  key: CryptoKey = signingKey,
): Promise<string> => {
  const payload: JWTPayload = { ...claims(), ...changed.claims };
  for (const name of changed.without ?? []) delete payload[name];
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...changed.header }).sign(key);
};

describe('a forged token', () => {
  it('is only told by what is wrong with it: signed as identity signs, it passes', async () => {
    expect(await statusOf(await sign())).toBe(200);
  });

  it('without a signature is refused: alg none, in any spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE']) {
      const head = encode({ alg, typ: 'at+jwt', kid });
      await expectRefused(`${head}.${encode(claims())}.`);
      await expectRefused(`${head}.${encode(claims())}.${session.accessToken.split('.')[2]}`);
    }
  });

  it('by HS256 with the public key as the secret is refused', async () => {
    const { keys } = (await (await fetch(`${graph.url}/.well-known/jwks.json`)).json()) as { keys: object[] };
    const jwk = keys.find((key) => (key as { kid: string }).kid === kid) ?? {};
    const spki = await exportSPKI((await importJWK(jwk, 'ES256')) as CryptoKey);
    for (const secret of [spki, spki.trim(), JSON.stringify(jwk), '']) {
      const content = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${encode(claims())}`;
      const signature = createHmac('sha256', secret).update(content).digest('base64url');
      await expectRefused(`${content}.${signature}`);
    }
  });

  it.each(['ES384', 'RS256', 'PS256', 'EdDSA'])('by another algorithm is refused: %s', async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    const foreign = new SignJWT(claims()).setProtectedHeader({ alg, typ: 'at+jwt', kid });
    await expectRefused(await foreign.sign(privateKey));
  });

  it("by a stranger's key is refused, whatever its header says of where the key is", async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    let asked = 0;
    const server = createServer((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ keys: [{ ...jwk, kid: 'theirs', alg: 'ES256' }] }));
    });
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
    });
    const jku = `http://127.0.0.1:${port}/jwks.json`;
    for (const header of [{}, { jwk }, { jku, kid: 'theirs' }, { x5u: jku }, { x5c: ['AAAA'] }]) {
      await expectRefused(await sign({ header }, privateKey));
    }
    expect(asked).toBe(0);
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(['../../../../etc/passwd', '/dev/null', "' OR 1=1 --", '__proto__', 'constructor', '', 'x'.repeat(5_000)])(
    'that names a key that is none is refused: kid %#',
    async (name) => {
      await expectRefused(await sign({ header: { kid: name } }));
    },
  );

  it('without a key id, or with a critical extension, is refused', async () => {
    await expectRefused(
      await new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(signingKey),
    );
    const [, payload, signature] = session.accessToken.split('.');
    const critical = encode({ alg: 'ES256', typ: 'at+jwt', kid, crit: ['x'], x: 1 });
    await expectRefused(`${critical}.${payload}.${signature}`);
  });
});

describe('a token with wrong claims, rightly signed,', () => {
  const seconds = (from: number): number => Math.floor(Date.now() / 1000) + from;

  it.each([
    ['expired', () => ({ claims: { exp: seconds(-1) } })],
    ['expired long ago', () => ({ claims: { exp: 1 } })],
    ['not valid yet', () => ({ claims: { nbf: seconds(3_600) } })],
    ['without an end', () => ({ without: ['exp'] })],
    ['with an end that is no number', () => ({ claims: { exp: '9999999999' } })],
    ['of another issuer', () => ({ claims: { iss: 'http://elsewhere.example' } })],
    ['without an issuer', () => ({ without: ['iss'] })],
    ['for another audience', () => ({ claims: { aud: 'elsewhere' } })],
    ['without an audience', () => ({ without: ['aud'] })],
    ['without a subject', () => ({ without: ['sub'] })],
    ['of a subject that is nobody', () => ({ claims: { sub: newId('group') } })],
    ['without an id', () => ({ without: ['jti'] })],
    ['without scopes', () => ({ without: ['scope'] })],
    ['of an actor that no service is', () => ({ claims: { act: { sub: 'root' } } })],
    ['of a service that acts, in other hands', () => ({ claims: { act: { sub: 'access' } } })],
    ['of another type', () => ({ header: { typ: 'JWT' } })],
    ['of no type', () => ({ header: { typ: undefined } })],
    ['of the type of a mandate', () => ({ header: { typ: 'mandate+jwt' } })],
    ['of the type of an assertion', () => ({ header: { typ: 'tollgate-assertion+jwt' } })],
  ])('is refused: %s', async (_name, changed) => {
    await expectRefused(await sign(changed()));
  });
});

describe('something else in the place of an access token', () => {
  it('is refused: a refresh token, a device code, a remembered device, an enrolment token, a password', async () => {
    const started = await runMutation<{ deviceCode: string }>(
      graph.identity,
      'startDeviceLogin',
      { clientName: 'cli' },
      'deviceCode',
    );
    const others = [
      session.refreshToken,
      started.payload?.deviceCode ?? '',
      `tgd_${'x'.repeat(43)}`,
      `tge_${'x'.repeat(43)}`,
      person.recoveryCodes[0] ?? '',
      'a',
    ];
    for (const token of others) await expectRefused(token);
  });

  it('is refused: a mandate', async () => {
    const { accessToken: token } = session;
    const input = {
      idempotencyKey: 'a mandate',
      accountId: newId('account'),
      payee: wellKnown.accountRevenueLocal,
      resource: 'disk',
      maximum: { amount: '1', unit: wellKnown.unit },
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      once: true,
    };
    const issued = await runMutation<{ mandate: { token: string } }>(
      graph.identity,
      'issueMandate',
      input,
      'mandate { token }',
      { token },
    );
    expect(issued.payload?.mandate?.token).toMatch(/^eyJ/);
    await expectRefused(issued.payload?.mandate?.token ?? '');
  });

  it.each(['Basic dXNlcjpwYXNz', 'Bearer', 'Bearer a b', 'Bearer ,', 'bearer: x'])(
    'is refused, never taken for nobody: Authorization %j',
    async (authorization) => {
      const answer = await graph.ask(VIEWER, {}, { headers: { authorization } });
      expect([answer.status, answer.fault]).toEqual([401, 'UNAUTHENTICATED']);
    },
  );
});

describe('a dead token', () => {
  /** Dead at the gateway and at accounting, by the feed. */
  const expectDeadEverywhere = (token: string): Promise<void> =>
    vi.waitFor(() => expectRefused(token), { timeout: 10_000, interval: 20 });

  it('stays dead in another spelling of base64url', async () => {
    const opened = await graph.identity.logIn(person);
    await graph.outcomeOf('logOut', {}, { token: opened.accessToken });
    await expectDeadEverywhere(opened.accessToken);
    const last = opened.accessToken.at(-1) ?? '';
    const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    // 64 bytes leave four unused bits in the last character: these read as the same signature to a lax decoder.
    const spellings = [...ALPHABET]
      .filter((letter) => letter !== last && ALPHABET.indexOf(letter) >> 4 === ALPHABET.indexOf(last) >> 4)
      .map((letter) => opened.accessToken.slice(0, -1) + letter);
    expect(spellings).toHaveLength(15);
    const padded = [`${opened.accessToken}=`, `${opened.accessToken}==`, opened.accessToken.replaceAll('-', '+')];
    for (const token of [...spellings, ...padded]) await expectRefused(token);
  });

  it('is dead everywhere after log-out, also after a restart of both services', async () => {
    const opened = await graph.identity.logIn(person);
    expect(await statusOf(opened.accessToken)).toBe(200);
    expect(await graph.outcomeOf('logOut', {}, { token: opened.accessToken })).toBe('OK');
    await expectDeadEverywhere(opened.accessToken);
    await graph.accounting.restart();
    await vi.waitFor(() => expectRefused(opened.accessToken), { timeout: 10_000 });
    expect(await graph.outcomeOf('refreshSession', { refreshToken: opened.refreshToken })).toBe(
      'INVALID_REFRESH_TOKEN',
    );
  });

  it.each([
    ['revokeSession', (victim: TestSession) => ({ sessionId: victim.sessionId })],
    ['revokeOtherSessions', () => ({})],
  ])('is dead everywhere after %s', async (name, inputOf) => {
    const other = await graph.identity.newPerson();
    const [victim, own] = [await graph.identity.logIn(other), await graph.identity.logIn(other)];
    expect(await statusOf(victim.accessToken)).toBe(200);
    expect(await graph.outcomeOf(name, inputOf(victim), { token: own.accessToken })).toBe('OK');
    await expectDeadEverywhere(victim.accessToken);
    expect(await statusOf(own.accessToken)).toBe(200);
  });

  it('is one of a changed password', async () => {
    const other = await graph.identity.newPerson();
    const [victim, own] = [await graph.identity.logIn(other), await graph.identity.logIn(other)];
    const input = { password: other.password, code: other.recoveryCodes[0], newPassword: 'another one altogether' };
    expect(await graph.outcomeOf('changePassword', input, { token: own.accessToken })).toBe('OK');
    await expectDeadEverywhere(victim.accessToken);
  });

  it("is a program's whose service account was disabled", async () => {
    const { accessToken: token } = await graph.identity.logIn(await graph.identity.operator());
    const made = await runMutation<{ clientId: string; clientSecret: string; serviceAccount: { id: string } }>(
      graph.identity,
      'createServiceAccount',
      { idempotencyKey: 'a program', name: 'a program', scopes: ['accounting:deposit'] },
      'clientId clientSecret serviceAccount { id }',
      { token },
    );
    const { clientId, clientSecret, serviceAccount } = made.payload ?? {};
    const issued = await runMutation<{ accessToken: string }>(
      graph.identity,
      'issueServiceToken',
      { clientId, clientSecret },
      'accessToken',
    );
    const program = issued.payload?.accessToken ?? '';
    expect(await statusOf(program)).toBe(200);
    const disabled = await graph.outcomeOf(
      'disableServiceAccount',
      { serviceAccountId: serviceAccount?.id },
      { token },
    );
    expect(disabled).toBe('OK');
    await expectDeadEverywhere(program);
    expect(await graph.outcomeOf('issueServiceToken', { clientId, clientSecret })).toBe('INVALID_CREDENTIALS');
  });
});

describe('a refresh token', () => {
  const refresh = (refreshToken: string) => graph.outcomeOf('refreshSession', { refreshToken });

  it('used twice ends its family: what came of it is dead everywhere, also after a restart', async () => {
    const opened = await graph.identity.logIn(person);
    const next = await runMutation<{ accessToken: string; refreshToken: string }>(
      graph.identity,
      'refreshSession',
      { refreshToken: opened.refreshToken },
      'accessToken refreshToken',
    );
    await graph.identity.restart();
    expect(await refresh(opened.refreshToken)).toBe('INVALID_REFRESH_TOKEN');
    expect(await refresh(next.payload?.refreshToken ?? '')).toBe('INVALID_REFRESH_TOKEN');
    for (const token of [opened.accessToken, next.payload?.accessToken ?? '']) {
      await vi.waitFor(() => expectRefused(token), { timeout: 10_000, interval: 20 });
    }
    await graph.identity.restart();
    expect(await refresh(next.payload?.refreshToken ?? '')).toBe('INVALID_REFRESH_TOKEN');
  });

  it('used 20 times in parallel gives one pair at most, and ends its family', async () => {
    const opened = await graph.identity.logIn(person);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => refresh(opened.refreshToken)));
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'INVALID_REFRESH_TOKEN')).toHaveLength(19);
    await vi.waitFor(() => expectRefused(opened.accessToken), { timeout: 10_000, interval: 20 });
    const live = await graph.identity.sql('SELECT 1 FROM session WHERE id = $1 AND ended_at IS NULL', [
      opened.sessionId,
    ]);
    expect(live).toEqual([]);
  });
});

describe('a role that was taken away', () => {
  it('closes what the group has everywhere, and leaves the token as it is', async () => {
    const [admin, member] = [await graph.identity.newPerson(), await graph.identity.newPerson()];
    const own = await graph.identity.logIn(admin);
    const theirs = await graph.identity.logIn(member);
    const operator = await graph.identity.logIn(await graph.identity.operator());
    const made = await graph.mutate('identity', 'createGroup', { name: 'a lab' }, 'group { id }', own.accessToken);
    const { id: groupId } = thingOf(made, 'group');
    const added = { groupId, userId: member.id, role: 'ADMIN' };
    expect(await graph.outcomeOf('addGroupMember', added, { token: operator.accessToken })).toBe('OK');
    const opened = await graph.mutate(
      'accounting',
      'openAccount',
      { owner: { groupId }, name: 'of the lab', unit: wellKnown.unit },
      'account { id }',
      own.accessToken,
    );
    const { id: accountId } = thingOf(opened, 'account');
    const faultOf = async (): Promise<string | null> => {
      const query = `{ account(id: "${accountId}") { id balance { posted { amount } } } }`;
      return (await graph.ask(query, {}, { token: theirs.accessToken })).fault;
    };
    await vi.waitFor(async () => expect(await faultOf()).toBeNull(), { timeout: 10_000, interval: 20 });
    const removed = { groupId, userId: member.id };
    expect(await graph.outcomeOf('removeGroupMember', removed, { token: own.accessToken })).toBe('OK');
    await vi.waitFor(async () => expect(await faultOf()).toBe('NOT_FOUND'), { timeout: 10_000, interval: 20 });
    await graph.accounting.restart();
    await vi.waitFor(async () => expect(await faultOf()).toBe('NOT_FOUND'), { timeout: 10_000, interval: 20 });
    expect(await statusOf(theirs.accessToken)).toBe(200);
  });
});
