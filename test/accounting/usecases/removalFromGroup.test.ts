import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { startIdentityAndAccounting, type TwoServices, thingOf } from '../../support/identityAndAccounting.js';

let services: TwoServices;
beforeAll(async () => {
  services = await startIdentityAndAccounting();
});
afterAll(async () => {
  await services.stop();
});

it('what identity says of a group counts in accounting, by the feed alone', async () => {
  const { identity, accounting, mutate } = services;
  const operator = (await identity.logIn(await identity.operator())).accessToken;
  const [ada, bob] = [await identity.newPerson(), await identity.newPerson()];
  const adas = (await identity.logIn(ada)).accessToken;
  const bobs = (await identity.logIn(bob)).accessToken;
  const made = await mutate('identity', 'createGroup', { name: 'Biology' }, 'group { id }', adas);
  const { id: groupId } = thingOf(made, 'group');
  const open = () =>
    mutate('accounting', 'openAccount', { owner: { groupId }, name: 'x', unit: 'CREDIT' }, 'account { id }', adas);
  const account = await vi.waitFor(
    async () => {
      return thingOf(await open(), 'account');
    },
    { timeout: 10_000 },
  );
  const codeFor = async (token: string) => {
    const { data, errors } = await accounting.call<{ account: object }>(
      'query ($id: ID!) { account(id: $id) { balance { posted { amount } } } }',
      { id: account.id },
      { token },
    );
    return data?.account == null ? errors[0]?.extensions.code : 'SEEN';
  };
  const spend = (token: string) =>
    mutate(
      'accounting',
      'transfer',
      {
        debitAccountId: account.id,
        creditAccountId: newId('account'),
        amount: { amount: '1', unit: 'CREDIT' },
        description: 'x',
      },
      'transfer { id }',
      token,
    );
  const membership = { idempotencyKey: null, groupId, userId: bob.id };

  expect(await codeFor(bobs)).toBe('NOT_FOUND');
  await mutate('identity', 'addGroupMember', { ...membership, role: 'MEMBER' }, 'group { id }', operator);
  await vi.waitFor(async () => expect(await codeFor(bobs)).toBe('SEEN'), { timeout: 10_000 });
  expect((await spend(bobs)).fault).toBe('FORBIDDEN');
  await mutate('identity', 'removeGroupMember', membership, 'group { id }', adas);
  await vi.waitFor(async () => expect(await codeFor(bobs)).toBe('NOT_FOUND'), { timeout: 10_000 });
  expect((await spend(bobs)).fault).toBe('NOT_FOUND');
  expect(await codeFor(adas)).toBe('SEEN');
});
