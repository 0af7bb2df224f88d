import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type FeedProjection, feedProjection } from '../../../platform/auth/feedProjection.js';
import { FEED_START, type FeedPosition, type FeedRow } from '../../../platform/auth/feedRow.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { latch } from '../../support/latch.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';
import { feedRow as row } from './support/testFeed.js';

const at = ({ sequence, mark }: FeedRow): FeedPosition => ({ sequence, mark });

describe("the feed's projection", () => {
  let database: TestDatabase;
  let sessions: PgSessions;
  let projection: FeedProjection;
  beforeEach(async () => {
    database = await freshDatabase('sandbox');
    sessions = pgSessions(database.appUrl);
    projection = feedProjection({ ...sessions.sql, $transaction: sessions.transaction });
  });
  afterEach(async () => {
    await sessions.end();
    await database.drop();
  });

  const kept = async () => {
    const { position, states } = await projection.load();
    return { position, states: Object.fromEntries(states.map(({ subject, state }) => [subject, state])) };
  };
  const NOTICED = new Date('2026-02-01T00:00:00.000Z');

  it('begins empty', async () => {
    expect(await projection.load()).toEqual({ position: FEED_START, states: [], lostAt: null });
  });

  it('keeps the newest state of each subject, and survives repetition and old news', async () => {
    const [one, two, three] = [row(1, 'usr_a', 'ACTIVE'), row(2, 'usr_b', 'ACTIVE'), row(3, 'usr_a', 'DISABLED')];
    const after = { position: at(three), states: { usr_a: 'DISABLED', usr_b: 'ACTIVE' } };
    expect(await projection.apply(FEED_START, [one, two, three])).toBe(true);
    expect(await kept()).toEqual(after);
    // Another replica, that is behind; and the same page once more.
    expect(await projection.apply(FEED_START, [one, two])).toBe(true);
    expect(await projection.apply(FEED_START, [one, two, three])).toBe(true);
    expect(await projection.apply(at(three), [])).toBe(true);
    expect(await kept()).toEqual(after);
    const [loaded] = (await projection.load()).states.filter(({ subject }) => subject === 'usr_a');
    expect(loaded).toEqual({
      kind: 'USER',
      subject: 'usr_a',
      state: 'DISABLED',
      data: { operator: false },
      sequence: 3,
    });
  });

  it('reads once more what was kept before rows had marks, while what is known stays', async () => {
    const rows = [row(1, 'usr_a', 'ACTIVE'), row(2, 'usr_a', 'DISABLED'), row(3, 'usr_b', 'ACTIVE')] as const;
    await projection.apply(FEED_START, rows);
    // As the migration that brings the marks leaves it.
    await sessions.sql.$executeRawUnsafe('UPDATE platform.feed_position SET sequence = 0, mark = NULL');
    const states = { usr_a: 'DISABLED', usr_b: 'ACTIVE' };
    expect(await kept()).toEqual({ position: FEED_START, states });
    expect(await projection.apply(FEED_START, rows.slice(0, 1))).toBe(true);
    expect(await kept()).toEqual({ position: at(rows[0]), states });
    expect(await projection.apply(at(rows[0]), rows.slice(1))).toBe(true);
    expect(await kept()).toEqual({ position: at(rows[2]), states });
  });

  it('takes what two replicas bring at once, each page overlapping the other', async () => {
    const rows = Array.from({ length: 40 }, (_value, index) => row(index + 1, `usr_${index % 7}`, `S${index + 1}`));
    const replica = async (step: number): Promise<void> => {
      for (let from = 0; from < rows.length; from += step) {
        const before = rows[from - 1];
        const position = before === undefined ? FEED_START : at(before);
        expect(await projection.apply(position, rows.slice(from, from + step))).toBe(true);
      }
    };
    await Promise.all([replica(3), replica(5), replica(40)]);
    const { position, states } = await kept();
    expect(position).toEqual(at(rows[39] as FeedRow));
    expect(Object.values(states).sort()).toEqual(['S34', 'S35', 'S36', 'S37', 'S38', 'S39', 'S40']);
  });

  describe('on rows 1 to 3', () => {
    const common = [row(1, 'usr_a', 'ACTIVE'), row(2, 'usr_b', 'ACTIVE')] as const;
    const lost = row(3, 'usr_c', 'ACTIVE');
    beforeEach(() => projection.apply(FEED_START, [...common, lost]));
    const before = { position: at(lost), states: { usr_a: 'ACTIVE', usr_b: 'ACTIVE', usr_c: 'ACTIVE' } };

    it.each([
      ['that ends at the row, as another', at(common[1]), [row(3, 'usr_d', 'ACTIVE')]],
      ['that goes past it', at(common[1]), [row(3, 'usr_d', 'ACTIVE'), row(4, 'usr_e', 'ACTIVE')]],
      ['behind the row, as another', { ...at(lost), mark: at(common[0]).mark }, [row(4, 'usr_e', 'ACTIVE')]],
      ['behind a row that it has not come to', at(row(5, 'usr_d', 'ACTIVE')), [row(6, 'usr_e', 'ACTIVE')]],
    ] as const)('refuses a page of another feed %s', async (_which, after, page) => {
      expect(await projection.apply(after, page)).toBe(false);
      expect(await kept()).toEqual(before);
    });

    it('keeps nothing of a page that ends before its row, which cannot tell of which feed it is', async () => {
      expect(await projection.apply(at(common[0]), [row(2, 'usr_d', 'ACTIVE')])).toBe(true);
      expect(await kept()).toEqual(before);
    });

    const other = row(3, 'usr_b', 'DISABLED');
    const states = [
      { ...common[0], state: 'ACTIVE' },
      { ...other, sequence: 2 },
    ];

    it('is replaced whole: what only the lost feed named is gone, and a newer sequence of it keeps nothing', async () => {
      expect(await projection.replace(at(lost), { position: at(other), states }, NOTICED)).toBe(true);
      expect(await kept()).toEqual({ position: at(other), states: { usr_a: 'ACTIVE', usr_b: 'DISABLED' } });
      expect((await projection.load()).lostAt).toEqual(NOTICED);
      // The replica that still has a page of the lost feed changes nothing by it.
      expect(await projection.apply(at(lost), [row(4, 'usr_c', 'DISABLED')])).toBe(false);
      expect(await projection.apply(at(other), [row(4, 'usr_f', 'ACTIVE')])).toBe(true);
    });

    it('is replaced by one of two that do it at once, and stays as it was where that fails', async () => {
      const content = { position: at(other), states };
      const done = await Promise.all(Array.from({ length: 8 }, () => projection.replace(at(lost), content, NOTICED)));
      expect(done.filter(Boolean)).toHaveLength(1);
      const now = await kept();
      const broken = [{ ...common[0], state: null as unknown as string }];
      const next = { position: at(row(4, 'usr_a', 'ACTIVE')), states: broken };
      await expect(projection.replace(at(other), next, NOTICED)).rejects.toThrow();
      expect(await kept()).toEqual(now);
      // What was replaced in the meantime is not replaced again, whatever its length.
      expect(await projection.replace(at(lost), content, NOTICED)).toBe(false);
    });

    it('is the feed up to its position also for who loads it while it is replaced', async () => {
      const content = { position: at(other), states };
      const [loads] = await Promise.all([
        Promise.all(Array.from({ length: 20 }, kept)),
        projection.replace(at(lost), content, NOTICED),
      ]);
      const after = { position: at(other), states: { usr_a: 'ACTIVE', usr_b: 'DISABLED' } };
      for (const one of loads) expect([before, after]).toContainEqual(one);
    });

    it('is replaced also where that takes longer than a statement may that somebody waits for', async () => {
      const url = new URL(database.appUrl);
      url.searchParams.set('options', '-c statement_timeout=200');
      const hurried = pgSessions(url.href);
      const longer = 'SELECT 1 FROM pg_sleep(1)';
      await expect(hurried.sql.$queryRawUnsafe(longer)).rejects.toThrow('statement timeout');
      const isHeld = latch();
      const holding = sessions.transaction(async (sql) => {
        await sql.$queryRawUnsafe('SELECT FROM platform.feed_position FOR UPDATE');
        isHeld.open();
        await sql.$queryRawUnsafe(longer);
      });
      await isHeld.opened;
      const slow = feedProjection({ ...hurried.sql, $transaction: hurried.transaction });
      expect(await slow.replace(at(lost), { position: at(other), states }, NOTICED)).toBe(true);
      await holding;
      await hurried.end();
    });

    it('may be replaced by an empty feed', async () => {
      expect(await projection.replace(at(lost), { position: FEED_START, states: [] }, NOTICED)).toBe(true);
      expect(await kept()).toEqual({ position: FEED_START, states: {} });
    });
  });
});
