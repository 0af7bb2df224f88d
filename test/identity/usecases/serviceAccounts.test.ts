import { randomUUID } from 'node:crypto';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { startIdentityAndAccounting, type TwoServices, thingOf } from '../../support/identityAndAccounting.js';
import type { IdentityHarness } from '../support/identityHarness.js';

let services: TwoServices;
let identity: IdentityHarness;
let operator: string;
let person: string;

beforeAll(async () => {
  services = await startIdentityAndAccounting();
  identity = services.identity;
  await renewTokens();
});
afterAll(() => services.stop());

/** After the clock was moved far. */
async function renewTokens(): Promise<void> {
  operator = (await identity.logIn(await identity.operator())).accessToken;
  person = (await identity.logIn(await identity.newPerson())).accessToken;
}

const SELECTION = 'serviceAccount { id name scopes clusterIds disabledAt } clientId clientSecret';
const clusterId = newId('cluster');
const create = (change: object = {}, token = operator) => {
  const input = { name: `meter ${randomUUID()}`, scopes: ['accounting:usage'], clusterIds: [clusterId], ...change };
  return services.mutate('identity', 'createServiceAccount', input, SELECTION, token);
};
const rotate = (serviceAccountId: string, token = operator, more: object = {}) =>
  services.mutate('identity', 'rotateServiceAccountSecret', { serviceAccountId, ...more }, SELECTION, token);
const disable = (serviceAccountId: string, token = operator) =>
  services.mutate(
    'identity',
    'disableServiceAccount',
    { idempotencyKey: null, serviceAccountId },
    'serviceAccount { id disabledAt }',
    token,
  );

/** A fresh service account with its secret. */
async function createdAccount(): Promise<{ id: string; secret: unknown }> {
  const created = await create();
  return { id: thingOf(created, 'serviceAccount').id, secret: created.payload?.['clientSecret'] };
}

interface ListAnswer {
  readonly data: {
    readonly serviceAccounts: {
      readonly nodes: Record<string, unknown>[];
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    };
  } | null;
  readonly errors: readonly { readonly extensions: { readonly code: string } }[];
}

const list = (variables: object, token: string): Promise<ListAnswer> =>
  identity.call(
    `query ($first: Int, $after: String) { serviceAccounts(first: $first, after: $after) {
       nodes { id name lastUsedAt secrets { createdAt endsAt lastUsedAt } } pageInfo { hasNextPage endCursor } } }`,
    { ...variables },
    { token },
  );

/** The live secrets of an account as an operator sees them. */
async function secretsOf(id: string): Promise<{ endsAt: string | null; lastUsedAt: string | null }[]> {
  const { data } = await list({ first: 100 }, operator);
  const account = data?.serviceAccounts.nodes.find((node) => node['id'] === id);
  return (account?.['secrets'] ?? []) as { endsAt: string | null; lastUsedAt: string | null }[];
}

async function tokenFor(clientId: unknown, clientSecret: unknown): Promise<string | null> {
  const { data } = await identity.call<{ issueServiceToken: { accessToken: string | null } }>(
    'mutation ($input: IssueServiceTokenInput!) { issueServiceToken(input: $input) { accessToken refusal { code } } }',
    { input: { clientId, clientSecret } },
  );
  return data?.issueServiceToken.accessToken ?? null;
}

describe('createServiceAccount', () => {
  it('gives credentials whose tokens are bound to scopes and clusters', async () => {
    const created = await create({ name: 'Meter', clusterIds: [clusterId, clusterId] });
    const { id } = thingOf(created, 'serviceAccount');
    expect(created.payload).toMatchObject({
      serviceAccount: { name: 'Meter', scopes: ['accounting:usage'], clusterIds: [clusterId], disabledAt: null },
      clientId: id,
      clientSecret: expect.stringMatching(/^tgs_[\w-]{43}$/),
      refusal: null,
    });
    const token = await tokenFor(id, created.payload?.['clientSecret']);
    expect(decodeJwt(token ?? '')).toMatchObject({ sub: id, scope: 'accounting:usage', clusterIds: [clusterId] });
    expect(identity.logged()).not.toContain(String(created.payload?.['clientSecret']));
    const [row] = await identity.sql<{ count: string }>(
      `SELECT count(*) FROM platform.audit_entry WHERE action = 'createServiceAccount' AND target = $1`,
      [id],
    );
    expect(row?.count).toBe('1');
  });

  it('shows the secret once: a repetition gets the same account without it', async () => {
    const input = { idempotencyKey: randomUUID(), name: `once ${randomUUID()}` };
    const answers = await Promise.all(Array.from({ length: 5 }, () => create(input)));
    expect(new Set(answers.map((answer) => thingOf(answer, 'serviceAccount').id)).size).toBe(1);
    expect(answers.filter(({ payload }) => payload?.['clientSecret'] !== null)).toHaveLength(1);
    expect((await create({ ...input, scopes: [] })).payload?.refusal?.code).toBe('IDEMPOTENCY_KEY_REUSED');
  });

  it.each([
    [{ name: ' ' }, 'INVALID_INPUT'],
    [{ name: 'local controller' }, 'NAME_TAKEN'],
    [{ scopes: ['accounting:usage', 'everything'] }, 'INVALID_INPUT'],
    [{ scopes: Array.from({ length: 33 }, () => 'storage:read') }, 'INVALID_INPUT'],
    [{ clusterIds: [newId('user')] }, 'INVALID_INPUT'],
    [{ clusterIds: Array.from({ length: 101 }, () => newId('cluster')) }, 'INVALID_INPUT'],
  ])('refuses %j', async (change, code) => {
    expect((await create(change)).payload).toMatchObject({
      serviceAccount: null,
      clientSecret: null,
      refusal: { code },
    });
  });

  it('is for operators, as are rotating and disabling', async () => {
    const { id } = thingOf(await create(), 'serviceAccount');
    expect((await create({}, person)).fault).toBe('FORBIDDEN');
    for (const target of [id, newId('serviceAccount')]) {
      expect((await rotate(target, person)).fault).toBe('FORBIDDEN');
      expect((await disable(target, person)).fault).toBe('FORBIDDEN');
    }
    for (const target of [newId('serviceAccount'), newId('user'), '', 'x\0']) {
      expect((await rotate(target)).fault).toBe('NOT_FOUND');
      expect((await disable(target)).fault).toBe('NOT_FOUND');
    }
  });
});

describe('rotateServiceAccountSecret', () => {
  it('keeps the secret before for a day unless told, so that two are live', async () => {
    const { id, secret: first } = await createdAccount();
    const idempotencyKey = randomUUID();
    const rotated = await rotate(id, operator, { idempotencyKey });
    const second = rotated.payload?.['clientSecret'];
    for (const secret of [first, second]) expect(await tokenFor(id, secret)).toMatch(/^eyJ/);
    expect((await rotate(id, operator, { idempotencyKey })).payload).toMatchObject({
      clientId: id,
      clientSecret: null,
    });
    const [newest, older, ...more] = await secretsOf(id);
    expect(more).toEqual([]);
    expect(newest).toMatchObject({ endsAt: null, lastUsedAt: identity.clock.now().toISOString() });
    expect(Date.parse(older?.endsAt ?? '')).toBe(identity.clock.now().getTime() + 86_400_000);
    identity.clock.advance(86_400);
    expect(await tokenFor(id, first)).toBeNull();
    expect(await tokenFor(id, second)).toMatch(/^eyJ/);
    await renewTokens();
  });

  it('ends the secret before at once where told, and never has more than two', async () => {
    const { id, secret: first } = await createdAccount();
    const second = (await rotate(id, operator, { keepPreviousSeconds: null })).payload?.['clientSecret'];
    const third = (await rotate(id, operator, { keepPreviousSeconds: 3_600 })).payload?.['clientSecret'];
    expect(await tokenFor(id, first)).toBeNull();
    expect(await secretsOf(id)).toHaveLength(2);
    const fourth = (await rotate(id, operator, { keepPreviousSeconds: 0 })).payload?.['clientSecret'];
    for (const secret of [second, third]) expect(await tokenFor(id, secret)).toBeNull();
    expect(await tokenFor(id, fourth)).toMatch(/^eyJ/);
    expect(await secretsOf(id)).toHaveLength(1);
  });

  it('keeps two at most where rotations run in parallel', async () => {
    const { id } = await createdAccount();
    await Promise.all(Array.from({ length: 6 }, () => rotate(id, operator, { keepPreviousSeconds: null })));
    expect(await secretsOf(id)).toHaveLength(2);
  });

  it.each([-1, 2_592_001])('refuses to keep one for %i seconds', async (keepPreviousSeconds) => {
    const { id, secret } = await createdAccount();
    expect((await rotate(id, operator, { keepPreviousSeconds })).payload?.refusal?.code).toBe('INVALID_INPUT');
    expect(await tokenFor(id, secret)).toMatch(/^eyJ/);
  });

  it('refuses for one that is disabled', async () => {
    const { id } = await createdAccount();
    await disable(id);
    expect((await rotate(id)).payload?.refusal?.code).toBe('SERVICE_ACCOUNT_DISABLED');
  });
});

describe('withdrawServiceAccountSecret', () => {
  const withdraw = (serviceAccountId: string, token = operator) =>
    services.mutate(
      'identity',
      'withdrawServiceAccountSecret',
      { idempotencyKey: null, serviceAccountId },
      'serviceAccount { id }',
      token,
    );

  it('ends the older secret now and leaves the fresh one', async () => {
    const { id, secret: first } = await createdAccount();
    const second = (await rotate(id, operator, { keepPreviousSeconds: null })).payload?.['clientSecret'];
    expect((await secretsOf(id)).map(({ endsAt }) => endsAt)).toEqual([null, null]);
    expect(thingOf(await withdraw(id), 'serviceAccount').id).toBe(id);
    expect(await tokenFor(id, first)).toBeNull();
    expect(await tokenFor(id, second)).toMatch(/^eyJ/);
    // Nothing is left to withdraw: the one secret stays.
    expect(thingOf(await withdraw(id), 'serviceAccount').id).toBe(id);
    expect(await tokenFor(id, second)).toMatch(/^eyJ/);
  });

  it('is for operators: FORBIDDEN and NOT_FOUND for others', async () => {
    const { id } = await createdAccount();
    expect((await withdraw(id, person)).fault).toBe('FORBIDDEN');
    for (const target of [newId('serviceAccount'), newId('user'), 'x\0']) {
      expect((await withdraw(target)).fault).toBe('NOT_FOUND');
    }
  });
});

describe('serviceAccounts', () => {
  it('is a page at a time for operators, with when each was last used and never a secret', async () => {
    const { id, secret } = await createdAccount();
    await tokenFor(id, secret);
    const found: Record<string, unknown>[] = [];
    let after: string | null = null;
    do {
      const page: ListAnswer = await list({ first: 3, after }, operator);
      found.push(...(page.data?.serviceAccounts.nodes ?? []));
      const { hasNextPage, endCursor } = page.data?.serviceAccounts.pageInfo ?? { hasNextPage: false, endCursor: null };
      after = hasNextPage ? endCursor : null;
    } while (after !== null);
    expect(new Set(found.map((account) => account['id'])).size).toBe(found.length);
    expect(found.find((account) => account['id'] === id)).toMatchObject({
      lastUsedAt: identity.clock.now().toISOString(),
      secrets: [{ endsAt: null }],
    });
    expect(JSON.stringify(found)).not.toContain(String(secret));
    expect((await list({ first: 3 }, person)).errors[0]?.extensions.code).toBe('FORBIDDEN');
    expect((await list({ first: 0 }, operator)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('disableServiceAccount', () => {
  it('ends its tokens in identity at once and elsewhere by the feed', async () => {
    const created = await create({ scopes: ['accounting:deposit'], clusterIds: null });
    const { id } = thingOf(created, 'serviceAccount');
    const secret = created.payload?.['clientSecret'];
    const token = (await tokenFor(id, secret)) ?? '';
    const deposit = async () => {
      const amount = { amount: '1', unit: wellKnown.unit };
      const input = { accountId: wellKnown.accountRevenueLocal, amount, description: 'x' };
      const { payload, fault } = await services.mutate('accounting', 'deposit', input, 'transfer { id }', token);
      return fault ?? payload?.refusal ?? 'DONE';
    };
    await vi.waitFor(async () => expect(await deposit()).toBe('DONE'), { timeout: 10_000 });
    const disabled = await disable(id);
    expect(disabled.payload?.['serviceAccount']).toMatchObject({ id, disabledAt: expect.any(String) });
    expect((await identity.call('{ viewer { scopes } }', {}, { token })).errors[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
    await vi.waitFor(async () => expect(await deposit()).toBe('UNAUTHENTICATED'), { timeout: 10_000 });
    expect(await tokenFor(id, secret)).toBeNull();
    expect((await disable(id)).payload).toEqual(disabled.payload);
    const rows = await identity.sql(`SELECT state FROM feed_row WHERE kind = 'SERVICE' AND subject = $1`, [id]);
    expect(rows).toEqual([{ state: 'DISABLED' }]);
  });
});
