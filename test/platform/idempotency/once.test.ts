import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CallKey, once } from '../../../platform/idempotency/once.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';

describe('once', () => {
  let database: TestDatabase;
  let sessions: PgSessions;
  beforeAll(async () => {
    database = await freshDatabase('sandbox');
    sessions = pgSessions(database.appUrl);
  });
  afterAll(async () => {
    await sessions.end();
    await database.drop();
  });

  const remembering = { save: (value: string) => value, load: async (saved: unknown) => String(saved) };
  const keyOf = (key: string, input: unknown = { amount: '1.0' }): CallKey => ({
    scope: 'usr_a',
    key,
    operation: 'deposit',
    input,
  });
  const run = (key: CallKey, act: () => Promise<Result<string, Refusal>>) =>
    sessions.transaction((sql) => once(sql, key, act, remembering));

  it('does it once and gives the same thing again', async () => {
    let effects = 0;
    const act = async () => ok(`thing ${++effects}`);
    expect(await run(keyOf('k1'), act)).toEqual(ok('thing 1'));
    expect(await run(keyOf('k1', { amount: '1' }), act)).toEqual(ok('thing 1'));
    expect(effects).toBe(1);
  });

  it('does it once under 20 parallel calls', async () => {
    let effects = 0;
    const act = async () => ok(`thing ${++effects}`);
    const results = await Promise.all(Array.from({ length: 20 }, () => run(keyOf('parallel'), act)));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(effects).toBe(1);
  });

  it('gives the same refusal again, amounts exact', async () => {
    const refusal: Refusal = {
      type: 'InsufficientFunds',
      code: 'INSUFFICIENT_FUNDS',
      message: 'not enough',
      shortfall: { micros: 9_007_199_254_740_993n, unit: 'CREDIT' },
      available: { micros: 0n, unit: 'CREDIT' },
      accountId: 'acc_x',
    };
    await run(keyOf('refused'), async () => err(refusal));
    expect(await run(keyOf('refused'), async () => ok('would work now'))).toEqual(err(refusal));
  });

  it('refuses other input as IDEMPOTENCY_KEY_REUSED', async () => {
    await run(keyOf('reused'), async () => ok('a'));
    const again = await run(keyOf('reused', { amount: '2' }), async () => ok('b'));
    expect(again).toMatchObject({ ok: false, refusal: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  it('remembers no fault: the next call does the work', async () => {
    await expect(
      run(keyOf('fault'), async () => {
        throw new Error('the disk is full');
      }),
    ).rejects.toThrow();
    expect(await run(keyOf('fault'), async () => ok('done'))).toEqual(ok('done'));
  });

  it('keeps the scopes of callers apart', async () => {
    await run(keyOf('scoped'), async () => ok('a'));
    const other = { ...keyOf('scoped'), scope: 'usr_b' };
    expect(await run(other, async () => ok('b'))).toEqual(ok('b'));
  });

  it.each(['', 'x'.repeat(256), 'a\u0000b', 'ä', 'a\n'])('refuses the key %j', async (key) => {
    const result = await run(keyOf(key), async () => err(refused('UNIT_UNKNOWN', 'never asked')));
    expect(result).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: ['idempotencyKey'] } });
  });
});
