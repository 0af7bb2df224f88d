import { describe, expect, it } from 'vitest';
import { adjustmentWorld } from '../adjustmentWorld.js';
import { as, codeOf } from '../moneyWorld.js';
import { credit } from '../support.js';
import { inShort, postedOn, record, send } from '../usageSupport.js';

const world = adjustmentWorld();
const { approve, waiver } = world;

describe('a waiver', () => {
  const owing = async (name: string, hours: number) => {
    const account = await world.accounting.accountWith(world.alice, '4');
    const sent = record(name, { user: world.alice.userId, account, cpuSeconds: String(hours * 3_600) });
    expect(inShort(await send(world.accounting, world.cluster, [sent]))).toEqual([`RECORDED 4 owed ${hours - 4}`]);
    return { account, sent };
  };
  const usageOf = async (accountId: string) => {
    const { data } = await world.accounting.call<{ usage: { nodes: object[]; totals: { amounts: object[] } } }>(
      `query ($accountId: ID!) { usage(filter: { accountId: $accountId }) { nodes { price { amount } charged { amount } waived { amount }
         owed { amount } } totals { amounts { waived { amount } owed { amount } } } } }`,
      { accountId },
      as(world.alice),
    );
    return data?.usage.nodes[0];
  };

  it('forgives owed use up to its amount, and no money moves', async () => {
    const { account } = await owing('waived', 10);
    const { payload } = await approve(await waiver(account, '5'));
    expect(payload?.['adjustment']).toMatchObject({ kind: 'WAIVER', waived: { amount: '5' }, transfer: null });
    expect(await usageOf(account)).toEqual({
      price: { amount: '10' },
      charged: { amount: '4' },
      waived: { amount: '5' },
      owed: { amount: '1' },
    });
    expect(await postedOn(world.accounting, account, world.alice)).toBe('0');
    const rest = await approve(await waiver(account, '100'));
    expect(rest.payload?.['adjustment']).toMatchObject({ waived: { amount: '1' } });
  });

  it('holds against a correction as far as the new price needs it: nothing is charged or given back that was not', async () => {
    const { account, sent } = await owing('waived-corrected', 10);
    await approve(await waiver(account, '6'));
    const again = async (revision: number, hours: number) =>
      inShort(
        await send(world.accounting, world.cluster, [{ ...sent, revision, cpuSeconds: String(hours * 3_600) }]),
      )[0];
    expect(await again(1, 8)).toBe('RECORDED 0');
    expect(await usageOf(account)).toMatchObject({
      charged: { amount: '4' },
      waived: { amount: '4' },
      owed: { amount: '0' },
    });
    expect(await again(2, 3)).toBe('RECORDED -1');
    expect(await usageOf(account)).toMatchObject({
      charged: { amount: '3' },
      waived: { amount: '0' },
      owed: { amount: '0' },
    });
    expect(await postedOn(world.accounting, account, world.alice)).toBe('1');
    // The price of the first record again: what was forgiven of it is forgiven still.
    expect(await again(3, 10)).toBe('RECORDED 1');
    expect(await usageOf(account)).toMatchObject({
      charged: { amount: '4' },
      waived: { amount: '6' },
      owed: { amount: '0' },
    });
  });

  it('of what was paid meanwhile is refused', async () => {
    const { account } = await owing('paid-meanwhile', 5);
    const id = await waiver(account, '1');
    await world.accounting.mutate(
      'deposit',
      { accountId: account, amount: credit('1'), description: 'x' },
      'account { id }',
      as(world.proposer),
    );
    await world.accounting.mutate('payUsage', { accountId: account }, 'paid { amount }', as(world.alice));
    expect(codeOf(await approve(id))).toBe('USAGE_NOT_OWED');
  });
});
