import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { ledgerLimitsDefault } from '../../../subgraphs/accounting/domain/limits.js';
import { connectDatabase } from '../../../subgraphs/accounting/persistence/database.js';
import { makeSqlUsage } from '../../../subgraphs/accounting/persistence/sqlUsage.js';
import { join } from '../budgetSupport.js';
import { credit, type TestPerson } from '../support.js';
import { inShort, newCluster, postedOn, record, send } from '../usageSupport.js';
import { usageWorld } from '../usageWorld.js';

const world = usageWorld();

describe('an account that lacks the money', () => {
  const owed = (externalId: string, user: TestPerson, more: object = {}) =>
    record(externalId, { user: user.userId, ...more });
  const deposit = (accountId: string, amount: string) =>
    world.accounting.mutate('deposit', { accountId, amount: credit(amount), description: 'Test' }, 'transfer { id }', {
      token: world.accounting.operator.token,
    });
  const collect = async (): Promise<number> => {
    const prisma = connectDatabase(world.accounting.settings.database.appUrl);
    return makeSqlUsage(prisma, ledgerLimitsDefault)
      .collect()
      .finally(() => prisma.$disconnect());
  };

  it('pays what it can, in the order of the records; the rest is owed and collected when money comes', async () => {
    const bob = await world.accounting.newPerson();
    const bobs = await world.accounting.accountWith(bob, '2.5');
    const sent = await send(world.accounting, world.cluster, [
      owed('o-1', bob),
      owed('o-2', bob, { cpuSeconds: '7200' }),
      owed('o-3', bob),
    ]);
    expect(inShort(sent)).toEqual(['RECORDED 1', 'RECORDED 1.5 owed 0.5', 'RECORDED 0 owed 1']);
    expect(await postedOn(world.accounting, bobs, bob)).toBe('0');
    expect(inShort(await send(world.accounting, world.cluster, [owed('o-3', bob)]))).toEqual(['REPLAYED 0']);
    expect(await collect()).toBe(0);
    await deposit(bobs, '1');
    expect(await collect()).toBe(1);
    expect(await postedOn(world.accounting, bobs, bob)).toBe('0');
    await deposit(bobs, '10');
    expect(await collect()).toBe(1);
    expect(await collect()).toBe(0);
    expect(await postedOn(world.accounting, bobs, bob)).toBe('9.5');
  });

  it('pays nothing while it is frozen, and owes only what a correction leaves', async () => {
    const bob = await world.accounting.newPerson();
    const bobs = await world.accounting.accountWith(bob, '10');
    await world.owner.query("UPDATE account SET status = 'FROZEN' WHERE id = $1", [bobs]);
    expect(inShort(await send(world.accounting, world.cluster, [owed('f-1', bob)]))).toEqual(['RECORDED 0 owed 1']);
    const less = owed('f-1', bob, { revision: 1, cpuSeconds: '1800' });
    expect(inShort(await send(world.accounting, world.cluster, [less]))).toEqual(['RECORDED 0 owed 0.5']);
    expect(await collect()).toBe(0);
    await world.owner.query("UPDATE account SET status = 'OPEN' WHERE id = $1", [bobs]);
    expect(await collect()).toBe(1);
    expect(await postedOn(world.accounting, bobs, bob)).toBe('9.5');
  });

  it('is given back later what a provider cannot give back now', async () => {
    const bob = await world.accounting.newPerson();
    const bobs = await world.accounting.accountWith(bob, '10');
    await send(world.accounting, world.cluster, [owed('b-1', bob, { cpuSeconds: '36000' })]);
    await world.owner.query("UPDATE account SET status = 'FROZEN' WHERE id = $1", [wellKnown.accountRevenueLocal]);
    const less = owed('b-1', bob, { revision: 1, cpuSeconds: '3600' });
    expect(inShort(await send(world.accounting, world.cluster, [less]))).toEqual(['RECORDED 0 owed -9']);
    expect(await collect()).toBe(0);
    await world.owner.query("UPDATE account SET status = 'OPEN' WHERE id = $1", [wellKnown.accountRevenueLocal]);
    expect(await collect()).toBe(1);
    expect(await postedOn(world.accounting, bobs, bob)).toBe('9');
  });

  it('is collected for one provider though another, before it, cannot give back what it owes', async () => {
    const poor = 'acc_00000000000000000000000000';
    const groupId = newId('group');
    const admin = await world.accounting.newPerson();
    await join(world.accounting, admin, 'ADMIN', groupId);
    await world.owner.query(
      "INSERT INTO account (id, name, kind, unit, owner_id) VALUES ($1, 'Poor', 'REVENUE', 'CREDIT', $2)",
      [poor, groupId],
    );
    const other = await newCluster(world.accounting);
    await world.owner.query('UPDATE rate_card SET payee_id = $1 WHERE cluster_id = $2', [poor, other.clusterId]);
    const bob = await world.accounting.newPerson();
    const bobs = await world.accounting.accountWith(bob, '1');
    expect(inShort(await send(world.accounting, other, [owed('p-1', bob)]))).toEqual(['RECORDED 1']);
    const away = { debitAccountId: poor, creditAccountId: world.account, amount: credit('0.9'), description: 'Spent' };
    const spent = await world.accounting.mutate('transfer', away, 'transfer { id }', admin);
    expect(spent.payload?.refusal).toBeNull();
    const less = owed('p-1', bob, { revision: 1, cpuSeconds: '0' });
    expect(inShort(await send(world.accounting, other, [less]))).toEqual(['RECORDED 0 owed -1']);
    const carol = await world.accounting.newPerson();
    const carols = await world.accounting.accountWith(carol, '0');
    expect(inShort(await send(world.accounting, world.cluster, [owed('p-2', carol)]))).toEqual(['RECORDED 0 owed 1']);
    await deposit(carols, '1');
    expect(await collect()).toBe(1);
    expect(await postedOn(world.accounting, carols, carol)).toBe('0');
    expect(await postedOn(world.accounting, bobs, bob)).toBe('0');
  });
});
