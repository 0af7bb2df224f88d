import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
const LINKS = 'id kind description amount { amount } reversalOf { id } reversedBy { id amount { amount } }';
const reverse = (transferId: string, amount: string | null, person: TestPerson | null, more: object = {}) =>
  accounting.mutate(
    'reverseTransfer',
    { transferId, reason: 'Wrong', ...(amount === null ? {} : { amount: credit(amount) }), ...more },
    `transfer { ${LINKS} debit { id } credit { id } }`,
    person === null ? {} : as(person),
  );
const codeOf = ({ payload }: Awaited<ReturnType<typeof reverse>>) => payload?.refusal?.code ?? 'OK';

/** 40 from alice, who had 100, to bob. */
async function sent(): Promise<{ from: string; to: string; id: string }> {
  const from = await accounting.accountWith(alice, '100');
  const to = await accounting.accountWith(bob, '0');
  const input = { debitAccountId: from, creditAccountId: to, amount: credit('40'), description: 'Lunch' };
  return { from, to, id: idOf(await accounting.mutate('transfer', input, 'transfer { id }', as(alice)), 'transfer') };
}

describe('reverseTransfer', () => {
  it('restores both balances and links both ways', async () => {
    const { from, to, id } = await sent();
    const part = await reverse(id, '15', bob);
    expect(part.payload?.['transfer']).toMatchObject({
      kind: 'REVERSAL',
      description: 'Wrong',
      amount: { amount: '15' },
      reversalOf: { id },
      reversedBy: [],
      debit: { id: to },
      credit: { id: from },
    });
    const rest = await reverse(id, null, bob);
    expect(rest.payload?.['transfer']).toMatchObject({ amount: { amount: '25' } });
    expect(await accounting.balanceOf(from, alice)).toMatchObject({ posted: '100' });
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ posted: '0' });
    const query = `query ($id: ID!) { transfer(id: $id) { ${LINKS} } }`;
    for (const person of [alice, bob]) {
      expect((await accounting.call(query, { id }, as(person))).data).toMatchObject({
        transfer: {
          kind: 'TRANSFER',
          reversalOf: null,
          reversedBy: [
            { id: idOf(part, 'transfer'), amount: { amount: '15' } },
            { id: idOf(rest, 'transfer'), amount: { amount: '25' } },
          ],
        },
      });
    }
    expect(codeOf(await reverse(id, '0.000001', bob))).toBe('ALREADY_REVERSED');
    expect(codeOf(await reverse(idOf(rest, 'transfer'), '1', alice))).toBe('TRANSFER_NOT_REVERSIBLE');
  });

  it('is for who received it: never the sender, a stranger, an operator or a service', async () => {
    const { id } = await sent();
    expect((await reverse(id, '1', alice)).fault).toBe('FORBIDDEN');
    expect((await reverse(id, '1', accounting.operator)).fault).toBe('FORBIDDEN');
    expect((await reverse(id, '1', await accounting.newPerson())).fault).toBe('NOT_FOUND');
    expect((await reverse(newId('transfer'), '1', bob)).fault).toBe('NOT_FOUND');
    expect((await reverse(newId('hold'), '1', bob)).fault).toBe('NOT_FOUND');
    expect((await reverse(id, '1', null)).fault).toBe('UNAUTHENTICATED');
    const acting = { as: 'access', token: await bob.actingAs('access') } as const;
    const input = { transferId: id, reason: 'Wrong' };
    expect((await accounting.mutate('reverseTransfer', input, 'transfer { id }', acting)).fault).toBe('FORBIDDEN');
    const weak = await accounting.identity.issueToken({ subject: bob.userId, scopes: ['storage:read'] });
    expect((await reverse(id, '1', { ...bob, token: weak })).fault).toBe('FORBIDDEN');
  });

  it.each([
    ['40.000001', 'CREDIT', 'REVERSAL_EXCEEDS_TRANSFER'],
    ['0', 'CREDIT', 'AMOUNT_NOT_POSITIVE'],
    ['0.0000001', 'CREDIT', 'AMOUNT_TOO_PRECISE'],
    ['1000000000001', 'CREDIT', 'AMOUNT_TOO_LARGE'],
    ['1', 'credit', 'UNIT_UNKNOWN'],
    ['1', 'HOURS', 'UNIT_MISMATCH'],
  ])('refuses %s %s with %s, and moves nothing', async (amount, unit, code) => {
    const { to, id } = await sent();
    expect(codeOf(await reverse(id, null, bob, { amount: { amount, unit } }))).toBe(code);
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ posted: '40' });
  });

  it('refuses a reason that is none, and what the receiver has no longer', async () => {
    const { from, to, id } = await sent();
    expect((await reverse(id, null, bob, { reason: ' ' })).payload?.refusal).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['reason'],
    });
    const back = { debitAccountId: to, creditAccountId: from, amount: credit('30'), description: 'Back' };
    await accounting.mutate('transfer', back, 'transfer { id }', as(bob));
    expect((await reverse(id, null, bob)).payload?.refusal).toMatchObject({
      code: 'INSUFFICIENT_FUNDS',
      shortfall: { amount: '30' },
      account: { id: to },
    });
  });

  it('20 times in parallel gives back no more than was sent; with one key, once', async () => {
    const { to, id } = await sent();
    const keyed = await Promise.all(
      Array.from({ length: 5 }, () => reverse(id, '20', bob, { idempotencyKey: `back ${id}` })),
    );
    expect(new Set(keyed.map((answer) => idOf(answer, 'transfer'))).size).toBe(1);
    const answers = await Promise.all(Array.from({ length: 20 }, () => reverse(id, '3', bob)));
    expect(answers.map(codeOf).filter((code) => code === 'OK')).toHaveLength(6);
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ posted: '2' });
    expect(codeOf(await reverse(id, '1', bob, { idempotencyKey: `back ${id}` }))).toBe('IDEMPOTENCY_KEY_REUSED');
  });
});
