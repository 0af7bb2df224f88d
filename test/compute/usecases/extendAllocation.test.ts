import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { code, type Fixture, person, startFixture, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const DAY_MS = 86_400_000;
const money = (amount: string) => ({ amount, unit: 'CREDIT' });
const wishOf = (over: object = {}) => ({
  idempotencyKey: newId('audit'),
  extensionId: newId('extension'),
  grantId: fixture.grantId,
  endsAt: new Date(fixture.now.getTime() + 3 * DAY_MS),
  paid: money('10'),
  added: { quantity: '10', unitPrice: money('1'), amount: money('10') },
  ...over,
});
type Wish = ReturnType<typeof wishOf>;
const extend = (wish: Wish) => fixture.usecases.extendAllocation(fixture.access(), wish);
const shrink = ({ extensionId, grantId }: Pick<Wish, 'extensionId' | 'grantId'>) =>
  fixture.usecases.shrinkAllocation(fixture.access(), { idempotencyKey: newId('audit'), extensionId, grantId });
const dearer = { quantity: '10', unitPrice: money('3'), amount: money('30') };
/** What an hour of one core is reserved at now. */
async function priceNow(): Promise<bigint> {
  const job = await fixture.submit({ resources: { wallTimeSeconds: 3_600 } });
  return fixture.peers.holds.get(String(job.holdId))?.placed.amount.micros ?? 0n;
}

test('an extended grant is used until its new end, at the price of before where that is the same', async () => {
  const wish = wishOf();
  expect(value(await extend(wish)).endsAt).toEqual(wish.endsAt);
  expect(value(await extend(wish)).endsAt).toEqual(wish.endsAt);
  fixture.now = new Date(fixture.now.getTime() + 2 * DAY_MS);
  expect(await priceNow()).toBe(1_000_000n);
  fixture.now = wish.endsAt;
  expect(code(await fixture.usecases.submitJob(fixture.call(), fixture.input()))).toBe('GRANT_NOT_USABLE');
});

test('at another price later jobs are charged the mean of what is left and what is added; earlier ones keep theirs', async () => {
  const lease = await fixture.run();
  const ended = new Date(fixture.now.getTime() + 3_600_000);
  await fixture.report(lease, { sequence: 2, status: 'COMPLETED', endedAt: ended, logSequence: 0 });
  expect((await fixture.job(lease.job.id)).chargeMicros).toBe(1_000_000n);
  // 9 of 10 hours are left at 1, 10 come at 3: 19 hours for 39.
  value(await extend(wishOf({ added: dearer })));
  expect(await priceNow()).toBe(2_052_631n);
});

test('at another price it is refused while jobs are not settled, so that none is charged by the wrong one', async () => {
  await fixture.submit();
  expect(code(await extend(wishOf({ added: dearer })))).toBe('GRANT_IN_USE');
  expect(value(await extend(wishOf())).status).toBe('ACTIVE');
  expect(value(await extend(wishOf({ added: null }))).status).toBe('ACTIVE');
});

test('undone it is as before, and a call that comes later makes nothing', async () => {
  const before = await fixture.database.allocations.findByGrants([fixture.grantId]);
  const wish = wishOf({ added: dearer });
  value(await extend(wish));
  value(await shrink(wish));
  value(await shrink(wish));
  expect(await fixture.database.allocations.findByGrants([fixture.grantId])).toEqual(before);
  expect(code(await extend({ ...wish, idempotencyKey: 'later' }))).toBe('GRANT_NOT_USABLE');
  const never = wishOf();
  value(await shrink(never));
  expect(code(await extend(never))).toBe('GRANT_NOT_USABLE');
  expect(value(await shrink(wishOf({ grantId: newId('grant') })))).toBeNull();
});

test.each<[string, object, string]>([
  ['an earlier end', { endsAt: new Date(0) }, 'INVALID_INPUT'],
  ['an id of another kind', { extensionId: newId('grant') }, 'INVALID_INPUT'],
  ['nothing added', { added: { ...dearer, quantity: '0' } }, 'INVALID_INPUT'],
  ['an addition for nothing', { added: { ...dearer, amount: money('0') } }, 'AMOUNT_NOT_POSITIVE'],
  ['too precise a quantity', { added: { ...dearer, quantity: '0.0000001' } }, 'AMOUNT_TOO_PRECISE'],
])('%s is refused', async (_what, over, expected) => {
  expect(code(await extend(wishOf(over)))).toBe(expected);
});

test('a grant whose end is over is extended until access closes it; between the two nothing is submitted', async () => {
  const wish = wishOf();
  const [before] = await fixture.database.allocations.findByGrants([fixture.grantId]);
  fixture.now = before?.endsAt ?? fixture.now;
  expect(code(await fixture.usecases.submitJob(fixture.call(), fixture.input()))).toBe('GRANT_NOT_USABLE');
  expect(value(await extend(wish))).toMatchObject({ status: 'ACTIVE', endsAt: wish.endsAt });
  expect(await priceNow()).toBe(1_000_000n);
});

test('a grant that was closed is not extended; only access extends', async () => {
  await fixture.usecases.closeAllocation(fixture.access(), { grantId: fixture.grantId, wait: false });
  expect(code(await extend(wishOf()))).toBe('GRANT_NOT_USABLE');
  await expect(extend(wishOf({ grantId: newId('grant') }))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  const as = { ...fixture.access(), viewer: person({ operator: true }) };
  await expect(fixture.usecases.extendAllocation(as, wishOf())).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(fixture.usecases.shrinkAllocation(as, wishOf())).rejects.toMatchObject({ code: 'FORBIDDEN' });
});
