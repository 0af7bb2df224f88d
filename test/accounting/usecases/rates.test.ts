import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness } from '../support.js';
import { inShort, newCluster, pricesOf, publish, record, send } from '../usageSupport.js';

let accounting: AccountingHarness;
beforeAll(async () => {
  accounting = await startAccountingHarness();
});
afterAll(async () => {
  await accounting.stop();
});

const fromNow = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
const codeOf = (outcome: Awaited<ReturnType<typeof publish>>): unknown =>
  outcome.fault ?? outcome.payload?.refusal?.code;

describe('publishRates', () => {
  it('publishes a card, from now on where no time is said, and the same again under its key', async () => {
    const clusterId = newId('cluster');
    const more = { idempotencyKey: 'rates', rates: [{ resource: 'gpu', per: 'GPU_HOUR', price: credit('2.5') }] };
    const published = await publish(accounting, clusterId, more);
    expect(published.payload?.['rateCard']).toMatchObject({
      clusterId,
      payee: { id: wellKnown.accountRevenueLocal },
      rates: [{ resource: 'gpu', per: 'GPU_HOUR', price: { amount: '2.5', unit: 'CREDIT' } }],
    });
    expect(await publish(accounting, clusterId, more)).toEqual(published);
    expect(codeOf(await publish(accounting, newId('cluster'), more))).toBe('IDEMPOTENCY_KEY_REUSED');
    const alice = await accounting.newPerson();
    const query = 'query ($id: ID!, $at: DateTime) { rateCard(clusterId: $id, at: $at) { id } }';
    const seen = await accounting.call(query, { id: clusterId }, { token: alice.token });
    expect(seen.data).toEqual({ rateCard: { id: idOf(published, 'rateCard') } });
    expect((await accounting.call(query, { id: clusterId, at: fromNow(-60) }, { token: alice.token })).data).toEqual({
      rateCard: null,
    });
    expect((await accounting.call(query, { id: 'no cluster' }, { token: alice.token })).data).toEqual({
      rateCard: null,
    });
    expect((await accounting.call(query, { id: clusterId })).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  it('refuses rates that overlap others or begin in the past, and keeps the refusal under its key', async () => {
    const { clusterId } = await newCluster(accounting);
    expect(codeOf(await publish(accounting, clusterId, { validFrom: fromNow(-60) }))).toBe('RATES_IN_PAST');
    expect(codeOf(await publish(accounting, clusterId, { validFrom: fromNow(-3 * 86_400) }))).toBe('RATES_OVERLAP');
    const next = fromNow(3_600);
    idOf(await publish(accounting, clusterId, { validFrom: next }), 'rateCard');
    const overlapping = { validFrom: next, idempotencyKey: 'overlap' };
    expect(codeOf(await publish(accounting, clusterId, overlapping))).toBe('RATES_OVERLAP');
    expect(codeOf(await publish(accounting, clusterId, overlapping))).toBe('RATES_OVERLAP');
    expect(codeOf(await publish(accounting, clusterId))).toBe('RATES_OVERLAP');
    expect(codeOf(await publish(accounting, newId('cluster'), { validFrom: fromNow(-400 * 86_400) }))).toBe(
      'RATES_IN_PAST',
    );
  });

  it.each([
    ['no rates', { rates: [] }, 'INVALID_INPUT'],
    ['too many', { rates: Array.from({ length: 51 }, (_, at) => pricesOf(`r${at}`)).flat() }, 'INVALID_INPUT'],
    ['a basis twice', { rates: [...pricesOf('a'), ...pricesOf('a')] }, 'INVALID_INPUT'],
    ['no name', { rates: pricesOf('') }, 'INVALID_INPUT'],
    ['a negative price', { rates: [{ ...pricesOf('a')[0], price: credit('-1') }] }, 'AMOUNT_NOT_POSITIVE'],
    ['seven places', { rates: [{ ...pricesOf('a')[0], price: credit('0.0000001') }] }, 'AMOUNT_TOO_PRECISE'],
    ['a huge price', { rates: [{ ...pricesOf('a')[0], price: credit('1000000000001') }] }, 'AMOUNT_TOO_LARGE'],
    ['another unit', { rates: [{ ...pricesOf('a')[0], price: { amount: '1', unit: 'EURO' } }] }, 'UNIT_MISMATCH'],
  ])('refuses %s', async (_what, more, code) => {
    expect(codeOf(await publish(accounting, newId('cluster'), more))).toBe(code);
  });

  it('is for operators, for clusters and REVENUE accounts that there are, and one account for each cluster', async () => {
    const alice = await accounting.newPerson();
    const clusterId = newId('cluster');
    expect(codeOf(await publish(accounting, clusterId, {}, alice))).toBe('FORBIDDEN');
    expect(codeOf(await publish(accounting, 'clu_1'))).toBe('NOT_FOUND');
    expect(codeOf(await publish(accounting, clusterId, { payeeAccountId: newId('account') }))).toBe('NOT_FOUND');
    const personal = await accounting.accountWith(alice, '0');
    expect(codeOf(await publish(accounting, clusterId, { payeeAccountId: personal }))).toBe('NOT_FOUND');
  });

  it('prices use by the card that was in force when it began', async () => {
    const cluster = await newCluster(accounting);
    const alice = await accounting.newPerson();
    await accounting.accountWith(alice, '100');
    const published = await publish(accounting, cluster.clusterId, {
      rates: [{ resource: 'standard', per: 'CORE_HOUR', price: credit('3') }],
    });
    const { validFrom } = (published.payload?.['rateCard'] ?? { validFrom: '' }) as { validFrom: string };
    const at = (ms: number): string => new Date(Date.parse(validFrom) + ms).toISOString();
    // One begins in the last millisecond of the old card and lasts into the new one; the other begins with the new one.
    const spanning = record('spanning', { user: alice.userId, start: at(-1), end: at(0) });
    const later = record('later', { user: alice.userId, start: at(0), end: at(0) });
    expect(inShort(await send(accounting, cluster, [spanning, later]))).toEqual(['RECORDED 1', 'RECORDED 3']);
  });
});
