import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type IdentityHarness, startIdentityHarness, type TestSession } from '../support/identityHarness.js';
import { mutate } from '../support/mutate.js';
import { askForToken } from '../support/oauth.js';

let identity: IdentityHarness;
let operator: TestSession;

beforeAll(async () => {
  identity = await startIdentityHarness();
  operator = await identity.logIn(await identity.operator());
});
afterAll(() => identity.stop());

interface Key {
  readonly kid: string;
  readonly state: string;
  readonly algorithm: string;
  readonly createdAt: string;
  readonly signsFrom: string;
  readonly mandatesUntil: string | null;
  readonly retiredAt: string | null;
}
interface Page {
  readonly nodes: readonly Key[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

const KEYS = `query ($first: Int, $after: String) { signingKeys(first: $first, after: $after) {
  nodes { kid state algorithm createdAt signsFrom mandatesUntil retiredAt } pageInfo { hasNextPage endCursor } } }`;

async function keys(token: string | undefined, page: { first?: number; after?: string | null } = {}) {
  const answer = await identity.call<{ signingKeys: Page }>(KEYS, page, token === undefined ? {} : { token });
  return { page: answer.data?.signingKeys ?? null, fault: answer.errors[0]?.extensions.code ?? null, answer };
}

const rotate = (input: object = {}) =>
  mutate(
    identity,
    'rotateSigningKey',
    { idempotencyKey: randomUUID(), ...input },
    'signingKey { kid algorithm retiredAt }',
    operator.accessToken,
  );

async function refreshOperator(): Promise<void> {
  const renewed = await mutate(
    identity,
    'refreshSession',
    { refreshToken: operator.refreshToken },
    'accessToken refreshToken',
    null,
  );
  operator = { ...operator, ...(renewed.payload as unknown as Pick<TestSession, 'accessToken' | 'refreshToken'>) };
}

describe('the signing keys', () => {
  it('are listed with their lives, the newest first, page by page, and never a half of one', async () => {
    const [first] = (await keys(operator.accessToken)).page?.nodes ?? [];
    expect(first).toMatchObject({ state: 'PUBLISHED', algorithm: 'ES256', mandatesUntil: null, retiredAt: null });
    identity.clock.advance(1);
    const retiredAt = identity.clock.now().toISOString();
    const rotated = await rotate({ retirePrevious: true });
    await refreshOperator();
    identity.clock.advance(1);
    await rotate();

    const { page, answer } = await keys(operator.accessToken);
    expect(page?.nodes.map(({ state }) => state)).toEqual(['PUBLISHED', 'PUBLISHED', 'RETIRED']);
    expect(page?.nodes[1]).toMatchObject(rotated.payload?.['signingKey'] as object);
    expect(page?.nodes[2]).toEqual({ ...first, state: 'RETIRED', retiredAt });
    const halves = await identity.sql<{ x: string; y: string }>(
      `SELECT public_jwk ->> 'x' AS x, public_jwk ->> 'y' AS y FROM signing_key`,
    );
    expect(halves).toHaveLength(3);
    for (const { x, y } of halves) for (const half of [x, y]) expect(JSON.stringify(answer)).not.toContain(half);

    const found: string[] = [];
    for (let after: string | null = null; ; ) {
      const { page: one }: { page: Page | null } = await keys(operator.accessToken, { first: 1, after });
      found.push(...(one?.nodes ?? []).map(({ kid }) => kid));
      after = one?.pageInfo.endCursor ?? null;
      if (one?.pageInfo.hasNextPage !== true) break;
    }
    expect(found).toEqual(page?.nodes.map(({ kid }) => kid));
  });

  it('have no fields for what is secret', async () => {
    const { errors } = await identity.call(
      '{ signingKeys { nodes { privateJwk } } }',
      {},
      { token: operator.accessToken },
    );
    expect(errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it.each(['', 'WyJhIl0', Buffer.from('["yesterday","x"]').toString('base64url')])(
    'take no forged cursor: %j',
    async (after) => {
      expect((await keys(operator.accessToken, { after })).fault).toBe('BAD_USER_INPUT');
    },
  );

  it('are for operators in person: nobody, people, a narrowed session and a personal access key are refused', async () => {
    expect((await keys(undefined)).fault).toBe('UNAUTHENTICATED');
    const person = await identity.logIn(await identity.newPerson());
    expect((await keys(person.accessToken)).fault).toBe('FORBIDDEN');

    const device = await mutate(
      identity,
      'startDeviceLogin',
      { clientName: 'x', scopes: ['storage:read'] },
      'deviceCode userCode',
      null,
    );
    const { deviceCode, userCode } = device.payload as unknown as { deviceCode: string; userCode: string };
    await mutate(identity, 'approveDeviceLogin', { userCode }, 'deviceLogin { status }', operator.accessToken);
    const narrow = await mutate(identity, 'pollDeviceLogin', { deviceCode }, 'accessToken', null);
    expect((await keys(String(narrow.payload?.['accessToken']))).fault).toBe('FORBIDDEN');

    const credentials = await identity.operator();
    identity.clock.advance(30);
    const made = await mutate(
      identity,
      'createPersonalAccessKey',
      {
        idempotencyKey: randomUUID(),
        name: 'x',
        scopes: ['storage:read'],
        expiresAt: new Date(identity.clock.now().getTime() + 86_400_000).toISOString(),
        password: credentials.password,
        code: await identity.codeOf(credentials),
      },
      'secret',
      operator.accessToken,
    );
    const { body } = await askForToken(identity.url, {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: String(made.payload?.['secret']),
      subject_token_type: 'urn:tollgate:params:oauth:token-type:personal-access-key',
    });
    expect((await keys(String(body['access_token']))).fault).toBe('FORBIDDEN');
  });
});
