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
  operator = (await identity.logIn(await identity.operator())).accessToken;
  person = (await identity.logIn(await identity.newPerson())).accessToken;
});
afterAll(() => services.stop());

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
  it('replaces the secret, and shows the new one once', async () => {
    const created = await create();
    const { id } = thingOf(created, 'serviceAccount');
    const idempotencyKey = randomUUID();
    const rotated = await rotate(id, operator, { idempotencyKey });
    expect(await tokenFor(id, created.payload?.['clientSecret'])).toBeNull();
    expect(await tokenFor(id, rotated.payload?.['clientSecret'])).toMatch(/^eyJ/);
    expect((await rotate(id, operator, { idempotencyKey })).payload).toMatchObject({
      clientId: id,
      clientSecret: null,
    });
    expect(await tokenFor(id, rotated.payload?.['clientSecret'])).toMatch(/^eyJ/);
  });

  it('refuses for one that is disabled', async () => {
    const { id } = thingOf(await create(), 'serviceAccount');
    await disable(id);
    expect((await rotate(id)).payload?.refusal?.code).toBe('SERVICE_ACCOUNT_DISABLED');
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
