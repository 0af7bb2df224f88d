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

it('an archived group spends nothing, is still seen by its members, and spends again when it is restored', async () => {
  const { identity, accounting, mutate } = services;
  const operator = (await identity.logIn(await identity.operator())).accessToken;
  const adas = (await identity.logIn(await identity.newPerson())).accessToken;
  const { id: groupId } = thingOf(
    await mutate('identity', 'createGroup', { name: 'Geology' }, 'group { id }', adas),
    'group',
  );
  const owner = { owner: { groupId }, name: 'x', unit: 'CREDIT' };
  const account = await vi.waitFor(
    async () => thingOf(await mutate('accounting', 'openAccount', owner, 'account { id }', adas), 'account'),
    { timeout: 10_000 },
  );
  const spend = async () => {
    const transfer = {
      debitAccountId: account.id,
      creditAccountId: newId('account'),
      amount: { amount: '1', unit: 'CREDIT' },
      description: 'x',
    };
    return (await mutate('accounting', 'transfer', transfer, 'transfer { id }', adas)).fault;
  };
  const state = (name: string, token: string) =>
    mutate('identity', name, { idempotencyKey: null, groupId }, 'group { id }', token);

  // Nobody has the other account: who may spend is told so, who may not is not told even that.
  expect(await spend()).toBe('NOT_FOUND');
  await state('archiveGroup', adas);
  await vi.waitFor(async () => expect(await spend()).toBe('FORBIDDEN'), { timeout: 10_000 });
  const { data } = await accounting.call<{ account: object }>(
    'query ($id: ID!) { account(id: $id) { status balance { posted { amount } } } }',
    { id: account.id },
    { token: adas },
  );
  expect(data?.account).toEqual({ status: 'OPEN', balance: { posted: { amount: '0' } } });
  await state('restoreGroup', operator);
  await vi.waitFor(async () => expect(await spend()).toBe('NOT_FOUND'), { timeout: 10_000 });
});
