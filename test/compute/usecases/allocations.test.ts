import { afterEach, beforeEach, expect, test } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { code, type Fixture, person, startFixture, value } from '../support/fixture.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await startFixture();
});
afterEach(() => fixture.close());

const close = (wait = false, grantId = fixture.grantId) =>
  fixture.usecases.closeAllocation(fixture.access(), { grantId, wait });
const input = (changes: object = {}) => {
  const grantId = newId('grant');
  return {
    idempotencyKey: grantId,
    grantId,
    holderId: newId('user'),
    escrowId: newId('account'),
    payeeAccountId: newId('account'),
    clusterId: fixture.input().clusterId,
    unitPrice: { amount: '1', unit: 'CREDIT' },
    startsAt: fixture.now,
    endsAt: new Date(fixture.now.getTime() + 1_000),
    ...changes,
  };
};
const provision = (wish: ReturnType<typeof input>) => fixture.usecases.provisionAllocation(fixture.access(), wish);
const activate = (grantId: string, key = `${grantId}:a`) =>
  fixture.usecases.activateAllocation(fixture.access(), { idempotencyKey: key, grantId });

test('provisioning is idempotent, one for each grant', async () => {
  const wish = input();
  const first = value(await provision(wish));
  expect(first.status).toBe('INACTIVE');
  expect(value(await provision(wish)).id).toBe(first.id);
  expect(code(await provision({ ...wish, idempotencyKey: 'other' }))).toBe('GRANT_NOT_USABLE');
  expect(value(await activate(wish.grantId)).status).toBe('ACTIVE');
  expect(value(await activate(wish.grantId, 'again')).status).toBe('ACTIVE');
});

test.each([
  ['grantId', { grantId: 'grt_1' }, 'INVALID_INPUT'],
  ['holderId', { holderId: newId('account') }, 'INVALID_INPUT'],
  ['escrowId', { escrowId: 'x' }, 'INVALID_INPUT'],
  ['clusterId', { clusterId: newId('cluster') }, 'INVALID_INPUT'],
  ['endsAt', { endsAt: new Date(0) }, 'INVALID_INPUT'],
  ['unitPrice', { unitPrice: { amount: '0', unit: 'CREDIT' } }, 'AMOUNT_NOT_POSITIVE'],
])('a bad %s is refused', async (field, changes, expected) => {
  expect(await provision(input(changes))).toMatchObject({
    ok: false,
    refusal: { code: expected, path: expect.arrayContaining([field]) },
  });
});

test('only access may do it', async () => {
  const as = { ...fixture.access(), viewer: person({ operator: true }) };
  await expect(fixture.usecases.provisionAllocation(as, input())).rejects.toMatchObject({ code: 'FORBIDDEN' });
  await expect(fixture.usecases.closeAllocation(as, { grantId: fixture.grantId, wait: false })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  const storage = fixture.call({ kind: 'service', service: 'storage' });
  await expect(fixture.usecases.closeAllocation(storage, { grantId: 'x', wait: false })).rejects.toMatchObject({
    code: 'FORBIDDEN',
  });
  await expect(activate(newId('grant'))).rejects.toMatchObject({ code: 'NOT_FOUND' });
});

test('a grant that never had one stays without: a late provisioning is refused', async () => {
  const wish = input();
  expect(await close(false, wish.grantId)).toBeNull();
  expect(code(await provision(wish))).toBe('GRANT_NOT_USABLE');
});

test('without jobs it is CLOSED at once, and takes no jobs and no activation any more', async () => {
  expect((await close())?.status).toBe('CLOSED');
  expect((await close())?.status).toBe('CLOSED');
  expect(code(await fixture.usecases.submitJob(fixture.call(), fixture.input()))).toBe('GRANT_NOT_USABLE');
  expect(code(await activate(fixture.grantId, 'again'))).toBe('GRANT_NOT_USABLE');
});

test('waiting jobs are cancelled at once, running ones by their controller; then it is CLOSED', async () => {
  const lease = await fixture.run();
  const waiting = await fixture.submit();
  expect((await close())?.status).toBe('CLOSING');
  expect((await fixture.job(waiting.id)).status).toBe('CANCELLED');
  expect((await fixture.job(lease.job.id)).cancelRequestedAt).not.toBeNull();
  await fixture.report(lease, { sequence: 2, status: 'CANCELLED', endedAt: fixture.now });
  expect((await close())?.status).toBe('CLOSED');
});

test('with wait a running job finishes first', async () => {
  const lease = await fixture.run();
  expect((await close(true))?.status).toBe('CLOSING');
  expect((await fixture.job(lease.job.id)).cancelRequestedAt).toBeNull();
  await fixture.report(lease, { sequence: 2, status: 'COMPLETED', endedAt: fixture.now });
  const [allocation] = await fixture.database.allocations.findByGrants([fixture.grantId]);
  expect(allocation?.status).toBe('CLOSED');
});

test('a submit that is under way while it is closed ends CANCELLED, with nothing held', async () => {
  fixture.peers.before['placeHold'] = () => {
    closing ??= close();
    return undefined;
  };
  let closing: Promise<unknown> | undefined;
  const result = await fixture.usecases.submitJob(fixture.call(), fixture.input());
  await closing;
  const job = await fixture.job(value(result).id);
  if (job.outcome === null) throw new Error('it was not cancelled');
  await close();
  expect(job.outcome).toBe('CANCELLED');
});

test('20 submits while it is closed leave no job behind', async () => {
  const submits = Array.from({ length: 20 }, () => fixture.usecases.submitJob(fixture.call(), fixture.input()));
  await Promise.all([...submits, close()]);
  await close();
  const open = await fixture.database.sql.$queryRawUnsafe<unknown[]>(
    `SELECT 1 FROM job WHERE submission = 'READY' AND outcome IS NULL`,
  );
  expect(open).toEqual([]);
});
