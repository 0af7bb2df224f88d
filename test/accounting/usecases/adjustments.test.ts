import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { adjustmentWorld, VIEW } from '../adjustmentWorld.js';
import { join } from '../budgetSupport.js';
import { as, codeOf } from '../moneyWorld.js';
import { credit } from '../support.js';
import { postedOn } from '../usageSupport.js';

const world = adjustmentWorld();
const { makeOperator, propose, proposed, approve, reject } = world;

describe('an adjustment', () => {
  it('moves nothing when it is proposed, and money as ADJUSTMENT with its reason when a second operator approves it', async () => {
    const before = await postedOn(world.accounting, world.to, world.bob);
    const id = await proposed();
    expect(await postedOn(world.accounting, world.to, world.bob)).toBe(before);
    const { payload } = await approve(id);
    expect(payload).toMatchObject({
      adjustment: {
        status: 'APPROVED',
        kind: 'TRANSFER',
        amount: { amount: '10' },
        proposedBy: { id: world.proposer.userId },
        decidedBy: { id: world.second.userId },
        waived: null,
        transfer: {
          kind: 'ADJUSTMENT',
          amount: { amount: '10' },
          description: 'Billed twice in May',
          debit: { id: world.from },
          credit: { id: world.to },
        },
      },
      refusal: null,
    });
    expect(await postedOn(world.accounting, world.to, world.bob)).toBe(String(Number(before) + 10));
    const { data } = await world.accounting.call('{ verifyLedger { sound } }', {}, as(world.proposer));
    expect(data).toEqual({ verifyLedger: { sound: true } });
    const audited = await world.accounting.sql<{ action: string; actor: string }>(
      'SELECT action, actor FROM platform.audit_entry WHERE target = $1 ORDER BY at',
      [id],
    );
    expect(audited).toEqual([
      { action: 'proposeAdjustment', actor: world.proposer.userId },
      { action: 'approveAdjustment', actor: world.second.userId },
    ]);
  });

  it('is posted once by 20 parallel approvals, under different keys and under one', async () => {
    const id = await proposed({ amount: credit('1') });
    const before = Number(await postedOn(world.accounting, world.to, world.bob));
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => approve(id)));
    expect(outcomes.map(codeOf).sort()).toEqual([...Array<string>(19).fill('ADJUSTMENT_DECIDED'), 'DONE']);
    const other = await proposed({ amount: credit('1') });
    const idempotencyKey = randomUUID();
    const same = await Promise.all(Array.from({ length: 20 }, () => approve(other, world.second, { idempotencyKey })));
    expect(same.map(codeOf)).toEqual(Array(20).fill('DONE'));
    expect(Number(await postedOn(world.accounting, world.to, world.bob))).toBe(before + 2);
  });

  it('is approved by nobody who proposed it or gains from it, by any path', async () => {
    const id = await proposed();
    expect(codeOf(await approve(id, world.proposer))).toBe('ADJUSTMENT_OWN');
    const acting = { token: await world.proposer.actingAs('access'), as: 'access' as const };
    const byService = await world.accounting.mutate('approveAdjustment', { adjustmentId: id }, VIEW, acting);
    expect(codeOf(byService)).toBe('FORBIDDEN');
    // The database holds against it too.
    await expect(
      world.accounting.sql(
        'UPDATE adjustment SET status = $2, decided_by = proposed_by, transfer_id = $3 WHERE id = $1',
        [id, 'APPROVED', newId('transfer')],
      ),
    ).rejects.toThrow(/adjustment_second_person/);

    const mine = await proposed({ creditAccountId: await world.accounting.accountWith(world.second, '0') });
    expect(codeOf(await approve(mine))).toBe('ADJUSTMENT_OWN');
    await join(world.accounting, world.second, 'MEMBER', wellKnown.groupLocal);
    // An operator sees the group before and after: only the answer tells that the role has come down the feed.
    await vi.waitFor(
      async () => {
        const gain = await proposed({ creditAccountId: wellKnown.accountRevenueLocal, amount: credit('0.000001') });
        expect(codeOf(await approve(gain))).toBe('ADJUSTMENT_OWN');
      },
      { timeout: 10_000 },
    );
    expect(codeOf(await approve(id))).toBe('DONE');
  });

  it('is for operators alone; also who was one is not any more', async () => {
    const id = await proposed();
    for (const person of [world.alice, world.bob]) {
      expect(codeOf(await propose({}, person))).toBe('FORBIDDEN');
      expect(codeOf(await approve(id, person))).toBe('FORBIDDEN');
      expect(codeOf(await reject(id, person))).toBe('FORBIDDEN');
      const seen = await world.accounting.call('query ($id: ID!) { adjustment(id: $id) { id } }', { id }, as(person));
      expect(seen.errors[0]?.extensions.code).toBe('FORBIDDEN');
      const all = await world.accounting.call('{ adjustments { nodes { id } } }', {}, as(person));
      expect(all.errors[0]?.extensions.code).toBe('FORBIDDEN');
    }
    const former = await world.accounting.newPerson();
    await makeOperator(former);
    world.accounting.identity.publish({
      kind: 'USER',
      subject: former.userId,
      state: 'ACTIVE',
      data: { operator: false },
    });
    await vi.waitFor(async () => expect(codeOf(await approve(id, former))).toBe('FORBIDDEN'), { timeout: 10_000 });
    for (const unknown of [newId('adjustment'), 'adj_x', newId('transfer'), 'x\0']) {
      expect(codeOf(await approve(unknown))).toBe('NOT_FOUND');
      expect(codeOf(await reject(unknown))).toBe('NOT_FOUND');
      const seen = await world.accounting.call(
        'query ($id: ID!) { adjustment(id: $id) { id } }',
        { id: unknown },
        as(world.second),
      );
      expect(seen.errors[0]?.extensions.code).toBe('NOT_FOUND');
    }
  });

  it('is rejected with a reason, by its proposer too; then it is not approved, and rejected it stays', async () => {
    const id = await proposed();
    expect((await reject(id, world.second, '')).payload?.refusal).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['reason'],
    });
    expect((await reject(id)).payload?.['adjustment']).toMatchObject({ status: 'REJECTED', rejection: 'No' });
    expect(codeOf(await reject(id, world.proposer, 'Again'))).toBe('DONE');
    expect(codeOf(await approve(id))).toBe('ADJUSTMENT_DECIDED');
    const withdrawn = await proposed();
    expect(codeOf(await reject(withdrawn, world.proposer))).toBe('DONE');
    const done = await proposed({ amount: credit('1') });
    await approve(done);
    expect(codeOf(await reject(done))).toBe('ADJUSTMENT_DECIDED');
  });

  it('expires', async () => {
    const id = await proposed({ expiresInSeconds: 60 });
    await world.accounting.sql(`UPDATE adjustment SET expires_at = clock_timestamp() WHERE id = $1`, [id]);
    expect(codeOf(await approve(id))).toBe('ADJUSTMENT_EXPIRED');
    expect(codeOf(await reject(id))).toBe('ADJUSTMENT_EXPIRED');
    const list = (status: string) =>
      world.accounting.call<{ adjustments: { nodes: { id: string; status: string }[] } }>(
        'query ($status: AdjustmentStatus) { adjustments(status: $status, first: 100) { nodes { id status } } }',
        { status },
        as(world.second),
      );
    expect((await list('EXPIRED')).data?.adjustments.nodes).toContainEqual({ id, status: 'EXPIRED' });
    expect((await list('PROPOSED')).data?.adjustments.nodes.map((node) => node.id)).not.toContain(id);
  });

  it('is listed newest first, in pages', async () => {
    const ids = [await proposed(), await proposed(), await proposed()];
    const page = (after: string | null) =>
      world.accounting.call<{ adjustments: { nodes: { id: string }[]; pageInfo: { endCursor: string } } }>(
        'query ($after: String) { adjustments(first: 2, after: $after) { nodes { id } pageInfo { endCursor } } }',
        { after },
        as(world.second),
      );
    const first = (await page(null)).data?.adjustments;
    expect(first?.nodes.map(({ id }) => id)).toEqual([ids[2], ids[1]]);
    expect((await page(first?.pageInfo.endCursor ?? '')).data?.adjustments.nodes[0]?.id).toBe(ids[0]);
    expect((await page('x')).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  it('that the account cannot pay is refused and stays a proposal', async () => {
    const id = await proposed({ debitAccountId: world.to, creditAccountId: world.from, amount: credit('100000') });
    expect((await approve(id)).payload?.refusal).toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const { data } = await world.accounting.call(
      'query ($id: ID!) { adjustment(id: $id) { status } }',
      { id },
      as(world.proposer),
    );
    expect(data).toEqual({ adjustment: { status: 'PROPOSED' } });
  });

  it('refuses what cannot be one', async () => {
    const cases: [object, string][] = [
      [{ amount: credit('0') }, 'AMOUNT_NOT_POSITIVE'],
      [{ amount: credit('-1') }, 'AMOUNT_NOT_POSITIVE'],
      [{ amount: credit('0.0000001') }, 'AMOUNT_TOO_PRECISE'],
      [{ amount: { amount: '1', unit: 'GOLD' } }, 'UNIT_UNKNOWN'],
      [{ creditAccountId: world.from }, 'ACCOUNTS_MUST_DIFFER'],
      [{ creditAccountId: wellKnown.accountIssuance }, 'ACCOUNT_TAKES_NO_TRANSFERS'],
      [{ creditAccountId: newId('account') }, 'NOT_FOUND'],
      [{ creditAccountId: undefined }, 'INVALID_INPUT'],
      [{ kind: 'WAIVER' }, 'INVALID_INPUT'],
      [{ kind: 'WAIVER', creditAccountId: undefined }, 'USAGE_NOT_OWED'],
      [{ reason: ' ' }, 'INVALID_INPUT'],
      [{ expiresInSeconds: 59 }, 'INVALID_INPUT'],
      [{ expiresInSeconds: 2_592_001 }, 'INVALID_INPUT'],
    ];
    for (const [more, code] of cases) expect(codeOf(await propose(more)), JSON.stringify(more)).toBe(code);
  });
});
