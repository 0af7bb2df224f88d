import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FeedFollower, followFeed } from '../../../platform/auth/feedFollower.js';
import { type FeedProjection, feedProjection } from '../../../platform/auth/feedProjection.js';
import { FeedRefused } from '../../../platform/auth/feedRow.js';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type Latch, latch } from '../../support/latch.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';
import { type TestFeed, testFeed } from './support/testFeed.js';

const user = (subject: string, state = 'ACTIVE') => ({ kind: 'USER', subject, state }) as const;
const patience = { timeout: 30_000 };

describe('who follows a feed whose database is put aside for an older copy', () => {
  let database: TestDatabase;
  let sessions: PgSessions;
  let projection: FeedProjection;
  let feed: TestFeed;
  const following: FeedFollower[] = [];
  const lines: string[] = [];
  const groupId = newId('group');
  const userId = newId('user');
  const member = (state: string) =>
    ({ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, userId), state }) as const;

  beforeEach(async () => {
    database = await freshDatabase('sandbox');
    sessions = pgSessions(database.appUrl);
    projection = feedProjection({ ...sessions.sql, $transaction: sessions.transaction });
    feed = testFeed();
    feed.append(user('usr_a'), user('usr_b'), member('MEMBER'), user('usr_c'));
    lines.length = 0;
  });
  afterEach(async () => {
    await Promise.all(following.splice(0).map((follower) => follower.stop()));
    await sessions.end();
    await database.drop();
  });

  const follow = async (over: Partial<FeedProjection> = {}): Promise<FeedFollower> => {
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    const follower = await followFeed(feed.source, { ...projection, ...over }, log);
    following.push(follower);
    await follower.ready;
    return follower;
  };
  const stateOf = (follower: FeedFollower, subject: string) => follower.stateOf('USER', subject)?.state;
  /** What stands in the database. */
  const kept = async () => {
    const { position, states } = await projection.load();
    return [position.sequence, ...states.map(({ subject, state }) => `${subject} ${state}`).sort()];
  };
  const warnings = () => lines.filter((line) => line.includes('older one'));
  /** An older copy is put back behind a follower that knows more; `then` comes afterwards. */
  const goBack = (...then: Parameters<TestFeed['append']>): void => {
    const copy = feed.copy().slice(0, 3);
    feed.putBack(copy);
    feed.append(...then);
  };

  it.each<[string, ReturnType<typeof user>[], string | undefined]>([
    ['is shorter', [], undefined],
    ['has as many rows', [user('usr_b', 'DISABLED')], 'DISABLED'],
    ['has more rows', [user('usr_b', 'DISABLED'), user('usr_d'), user('usr_e')], 'DISABLED'],
  ])('knows the copy that %s, and nothing else, in memory and database', async (_which, then, usrB) => {
    const follower = await follow();
    const roles = follower.rolesOf(userId);
    feed.append(member('ADMIN'), user('usr_f', 'DISABLED'));
    await vi.waitFor(() => expect(stateOf(follower, 'usr_f')).toBe('DISABLED'), patience);
    expect(roles.get(groupId)).toBe('ADMIN');
    const before = Date.now();
    goBack(...then);
    await vi.waitFor(() => expect(stateOf(follower, 'usr_f')).toBeUndefined(), patience);
    expect(stateOf(follower, 'usr_c')).toBeUndefined();
    expect(stateOf(follower, 'usr_b')).toBe(usrB ?? 'ACTIVE');
    // Also what was given out before, inside a request.
    expect(roles.get(groupId)).toBe('MEMBER');
    const expected = Object.values(
      Object.fromEntries(feed.rows.map(({ subject, state }) => [subject, `${subject} ${state}`])),
    );
    expect(await kept()).toEqual([feed.rows.length, ...expected.sort()]);
    expect(follower.lostAtMs()).toBeGreaterThanOrEqual(before);
    expect((await projection.load()).lostAt?.getTime()).toBe(follower.lostAtMs());
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('row 6 of its feed is not the one that was read');
    // It goes on from there.
    feed.append(user('usr_a', 'DISABLED'));
    await vi.waitFor(() => expect(stateOf(follower, 'usr_a')).toBe('DISABLED'), patience);
    expect(warnings()).toHaveLength(1);
  });

  it('tells that identity refuses it, also before the first answer', async () => {
    const source = { read: () => Promise.reject(new FeedRefused('identity answers and refuses the calls of access')) };
    const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
    following.push(await followFeed(source, projection, log));
    await vi.waitFor(() => expect(lines.join('')).toContain('refuses the calls of access'));
  });

  it('says nothing where it had not come further than the copy', async () => {
    const follower = await follow();
    const copy = feed.copy();
    feed.putBack(copy);
    feed.append(user('usr_d'));
    await vi.waitFor(() => expect(stateOf(follower, 'usr_d')).toBe('ACTIVE'), patience);
    expect(warnings()).toEqual([]);
    expect(follower.lostAtMs()).toBe(Number.NEGATIVE_INFINITY);
  });

  it('decides from the old, which ages, until the new is whole; a revocation in it counts with all the rest', async () => {
    const follower = await follow();
    const gate: Latch = latch();
    const held = vi.fn();
    feed.beforeAnswer = async ({ after }) => {
      if (after === 3) {
        held();
        await gate.opened;
      }
    };
    goBack(user('usr_d', 'DISABLED'), user('usr_e'));
    await vi.waitFor(() => expect(held).toHaveBeenCalled(), patience);
    const before = await kept();
    const age = follower.ageMs();
    await expect.poll(() => follower.ageMs(), patience).toBeGreaterThan(age + 50);
    expect([stateOf(follower, 'usr_c'), stateOf(follower, 'usr_d')]).toEqual(['ACTIVE', undefined]);
    expect(await kept()).toEqual(before);
    const refreshed = follower.refresh();
    gate.open();
    await refreshed;
    expect([stateOf(follower, 'usr_c'), stateOf(follower, 'usr_d')]).toEqual([undefined, 'DISABLED']);
    expect(follower.ageMs()).toBeLessThan(age + 60_000);
  });

  it('does so in all replicas on one database, whoever is first, and each follows on', async () => {
    const replicas = [await follow(), await follow(), await follow()];
    goBack(user('usr_b', 'DISABLED'), user('usr_d'));
    await vi.waitFor(() => {
      for (const replica of replicas)
        expect([stateOf(replica, 'usr_b'), stateOf(replica, 'usr_c')]).toEqual(['DISABLED', undefined]);
    }, patience);
    feed.append(user('usr_a', 'DISABLED'));
    await vi.waitFor(() => {
      for (const replica of replicas) expect(stateOf(replica, 'usr_a')).toBe('DISABLED');
    }, patience);
    expect((await kept())[0]).toBe(6);
    // And one that starts knows as much.
    expect(stateOf(await follow(), 'usr_c')).toBeUndefined();
  });

  it('leaves what another replica has read anew as it is, with a page of the lost feed in its hands', async () => {
    const gate: Latch = latch();
    let holds = false;
    // The page was given, but is not taken in yet.
    const slow = await follow({
      async apply(after, rows) {
        if (holds) await gate.opened;
        return projection.apply(after, rows);
      },
    });
    const quick = await follow();
    holds = true;
    feed.append(user('usr_f'));
    await vi.waitFor(() => expect(stateOf(quick, 'usr_f')).toBe('ACTIVE'), patience);
    goBack(user('usr_d'), user('usr_e'), user('usr_b', 'DISABLED'));
    await vi.waitFor(() => expect(stateOf(quick, 'usr_e')).toBe('ACTIVE'), patience);
    const now = await kept();
    gate.open();
    await vi.waitFor(() => expect(stateOf(slow, 'usr_e')).toBe('ACTIVE'), patience);
    expect([stateOf(slow, 'usr_f'), stateOf(slow, 'usr_c')]).toEqual([undefined, undefined]);
    expect(await kept()).toEqual(now);
  });

  it('notices it at its start, before it says that it is ready', async () => {
    await (await follow()).stop();
    goBack(user('usr_b', 'DISABLED'));
    const follower = await follow();
    expect([stateOf(follower, 'usr_b'), stateOf(follower, 'usr_c')]).toEqual(['DISABLED', undefined]);
    expect(follower.lostAtMs()).toBeGreaterThan(0);
    await follower.stop();
    // And remembers when.
    expect((await follow()).lostAtMs()).toBe(follower.lostAtMs());
    expect(warnings()).toHaveLength(1);
  });

  it('reads anew once more where it broke off, by its death or by its database', async () => {
    await (await follow()).stop();
    goBack(user('usr_b', 'DISABLED'));
    let failures = 0;
    const follower = await follow({
      async replace(...content) {
        failures += 1;
        if (failures < 3) throw new Error('the database is away');
        return projection.replace(...content);
      },
    });
    expect(failures).toBe(3);
    expect([stateOf(follower, 'usr_b'), stateOf(follower, 'usr_c')]).toEqual(['DISABLED', undefined]);
    // Though it was begun three times.
    expect(warnings()).toHaveLength(1);
  });

  it('reads anew what changes again while it is read', async () => {
    const follower = await follow();
    let changes = 0;
    feed.beforeAnswer = ({ after }) => {
      // In the middle, behind the first page.
      if (after !== 3 || changes === 2) return;
      changes += 1;
      feed.putBack(feed.copy().slice(0, 2));
      feed.append(user(`usr_${changes}`), user('usr_d'));
    };
    goBack(user('usr_g'), user('usr_h'));
    await vi.waitFor(() => expect(stateOf(follower, 'usr_2')).toBe('ACTIVE'), patience);
    expect(changes).toBe(2);
    for (const gone of ['usr_c', 'usr_g', 'usr_h', 'usr_1']) expect(stateOf(follower, gone)).toBeUndefined();
    expect((await kept())[0]).toBe(4);
  });

  it('does not take a feed for whole whose rows are not there (yet), as while a database is filled', async () => {
    const follower = await follow();
    const rows = feed.copy();
    const asked = vi.fn();
    feed.beforeAnswer = ({ after }) => void (after === 0 && asked());
    const read = feed.source.read;
    let isFilled = false;
    vi.spyOn(feed.source, 'read').mockImplementation(async (...question) => {
      const page = await read(...question);
      return isFilled ? page : { ...page, rows: [], head: 2 };
    });
    feed.putBack([]);
    await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThan(1), patience);
    expect(stateOf(follower, 'usr_c')).toBe('ACTIVE');
    feed.putBack(rows.slice(0, 2));
    isFilled = true;
    await vi.waitFor(() => expect(stateOf(follower, 'usr_c')).toBeUndefined(), patience);
    expect(stateOf(follower, 'usr_b')).toBe('ACTIVE');
  });

  it('is not led astray by an older copy of its own database: it loads that, and reads what is missing', async () => {
    const follower = await follow();
    const old = await projection.load();
    feed.append(user('usr_d'), user('usr_e'));
    await vi.waitFor(() => expect(stateOf(follower, 'usr_e')).toBe('ACTIVE'), patience);
    const { position } = await projection.load();
    expect(await projection.replace(position, old, new Date(0))).toBe(true);
    feed.append(user('usr_f', 'DISABLED'));
    await vi.waitFor(() => expect(stateOf(follower, 'usr_f')).toBe('DISABLED'), patience);
    expect(await kept()).toContain('usr_d ACTIVE');
    expect((await kept())[0]).toBe(7);
  });
});
