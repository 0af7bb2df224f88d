import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FEED_START, type FeedPosition } from '../../../platform/auth/feedRow.js';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { PrismaClient } from '../../../subgraphs/identity/generated/prisma/client.js';
import { makeDatabase } from '../../../subgraphs/identity/persistence/database.js';
import { localFeed } from '../../../subgraphs/identity/persistence/localFeed.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let database: TestDatabase;
let prisma: PrismaClient;

beforeAll(async () => {
  database = await freshDatabase('identity');
  prisma = new PrismaClient({ adapter: prismaAdapter(database.appUrl, { poolSize: 20 }) });
});
afterAll(async () => {
  await prisma.$disconnect();
  await database.drop();
});

/** The signal of a reader who stays. */
const staying = (): AbortSignal => new AbortController().signal;
const revoked = (subject: string) => ({ kind: 'SESSION', subject, state: 'REVOKED', data: {} }) as const;
const append = (...subjects: readonly string[]): Promise<void> =>
  makeDatabase(prisma).transaction((stores) => stores.feed.append(subjects.map(revoked), new Date()));

const waitingFollowers = async (): Promise<number> =>
  prisma.feedFollower.count({ where: { name: { startsWith: 'access/' }, goneAt: { gt: new Date() } } });

/** The position of a row, by its sequence. */
async function at(sequence: number): Promise<FeedPosition> {
  if (sequence === 0) return FEED_START;
  const { mark } = await prisma.feedRow.findUniqueOrThrow({ where: { sequence } });
  return { sequence, mark };
}

async function eventually(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe('feed', () => {
  it('has dense sequences in commit order, also for parallel writers', async () => {
    await Promise.all(Array.from({ length: 30 }, (_value, index) => append(`ses_a${index}`, `ses_b${index}`)));
    const { rows, head } = await localFeed(prisma).read(FEED_START, 0, staying());
    expect(head).toBe(60);
    expect(rows.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 60 }, (_value, index) => index + 1));
    for (let index = 0; index < 60; index += 2) {
      expect(rows[index]?.subject.replace('a', 'b')).toBe(rows[index + 1]?.subject);
    }
  });

  it('never shows a row before all those before it', async () => {
    const feed = localFeed(prisma);
    let position = (await feed.read(FEED_START, 0, staying())).head;
    const writing = Promise.all(Array.from({ length: 40 }, (_value, index) => append(`ses_c${index}`)));
    const until = position + 40;
    while (position < until) {
      const { rows } = await feed.read(await at(position), 5_000, staying());
      for (const { sequence } of rows) {
        expect(sequence).toBe(position + 1);
        position = sequence;
      }
    }
    await writing;
  });

  it('leaves no gap where a transaction fails', async () => {
    const { head } = await localFeed(prisma).read(FEED_START, 0, staying());
    const failing = makeDatabase(prisma).transaction(async (stores) => {
      await stores.feed.append([revoked('ses_lost')], new Date());
      throw new Error('undone');
    });
    await expect(failing).rejects.toThrow('undone');
    await append('ses_kept');
    const { rows } = await localFeed(prisma).read(await at(head), 0, staying());
    expect(rows).toMatchObject([{ sequence: head + 1, subject: 'ses_kept' }]);
  });

  it('wakes all who wait within 250 ms of a commit by somebody else', async () => {
    const feed = localFeed(prisma);
    const { head } = await feed.read(FEED_START, 0, staying());
    const position = await at(head);
    const waiting = Array.from({ length: 50 }, () => feed.read(position, 10_000, staying()));
    await new Promise((resolve) => setTimeout(resolve, 300));
    await append('ses_news');
    const committedAt = performance.now();
    const pages = await Promise.all(waiting);
    for (const page of pages) expect(page.rows).toMatchObject([{ subject: 'ses_news' }]);
    // The promise is 250 ms; a busy test machine gets more.
    expect(performance.now() - committedAt).toBeLessThan(1_000);
  });

  it('tells who committed once the followers have the rows', async () => {
    const feed = localFeed(prisma);
    const { head } = await feed.read(FEED_START, 0, staying());
    const position = await at(head);
    const gone = new AbortController();
    const followers = ['access', 'storage'].map(async (name) => {
      const page = await feed.read(position, 10_000, gone.signal, name);
      const next = feed.read(await at(head + page.rows.length), 10_000, gone.signal, name);
      return { next };
    });
    await append('ses_spread');
    await feed.spread();
    // Each has asked for what comes behind the row: spread was not before.
    const asked = await Promise.all(followers);
    gone.abort();
    for (const { next } of asked) expect(await next).toEqual({ isSameFeed: true, rows: [], head: head + 1 });
  });

  it('tells who committed once the followers of every replica of identity have the rows', async () => {
    const [here, there] = [localFeed(prisma), localFeed(prisma)];
    const { head } = await here.read(FEED_START, 0, staying());
    const gone = new AbortController();
    let asked = 0;
    const follows = async (name: string): Promise<void> => {
      const page = await there.read(await at(head), 10_000, gone.signal, name);
      expect(page.rows).toMatchObject([{ subject: 'ses_elsewhere' }]);
      asked += 1;
      await there.read(await at(head + 1), 10_000, gone.signal, name);
    };
    const following = ['access/a', 'access/b'].map(follows);
    await eventually(async () => (await waitingFollowers()) >= 2);
    await append('ses_elsewhere');
    await here.spread();
    expect(asked).toBe(2);
    gone.abort();
    await Promise.all(following);
  });

  it('answers with nothing when the time is over or the reader has gone', async () => {
    const feed = localFeed(prisma);
    const { head } = await feed.read(FEED_START, 0, staying());
    expect(await feed.read(await at(head), 50, staying())).toEqual({ isSameFeed: true, rows: [], head });
    const gone = new AbortController();
    const waiting = feed.read(await at(head), 10_000, gone.signal);
    gone.abort();
    expect(await waiting).toEqual({ isSameFeed: true, rows: [], head });
  });

  it('lets everybody go when it is closed', async () => {
    const feed = localFeed(prisma);
    const { head } = await feed.read(FEED_START, 0, staying());
    const waiting = feed.read(await at(head), 10_000, staying());
    await new Promise((resolve) => setTimeout(resolve, 50));
    feed.close();
    expect(await waiting).toEqual({ isSameFeed: true, rows: [], head });
    expect(await feed.read(await at(head), 10_000, staying())).toEqual({ isSameFeed: true, rows: [], head });
  });

  it('gives long histories in pages', async () => {
    await append(...Array.from({ length: 700 }, (_value, index) => `ses_p${index}`));
    const feed = localFeed(prisma);
    const first = await feed.read(FEED_START, 0, staying());
    expect(first.rows).toHaveLength(500);
    expect(first.head).toBeGreaterThan(700);
    const second = await feed.read(await at(500), 0, staying());
    expect(second.rows[0]?.sequence).toBe(501);
  });

  it.each([
    ['is not there', (head: number) => head + 1],
    ['is another', (head: number) => head],
    ['is another, long ago', () => 1],
  ])('says at once that it is another feed where the row that was read last %s', async (_how, sequenceOf) => {
    const feed = localFeed(prisma);
    const { head } = await feed.read(FEED_START, 0, staying());
    const elsewhere = { sequence: sequenceOf(head), mark: randomUUID() };
    const answer = { isSameFeed: false, rows: [], head };
    // It would wait for longer than any test where it did not see it.
    expect(await feed.read(elsewhere, 10_000_000, staying())).toEqual(answer);
    expect(await feed.read(elsewhere, 10_000_000, staying(), 'access/elsewhere')).toEqual(answer);
  });

  it('gives every row a mark of its own', async () => {
    const { rows } = await localFeed(prisma).read(FEED_START, 0, staying());
    expect(new Set(rows.map(({ mark }) => mark)).size).toBe(rows.length);
  });

  it('cannot be rewritten, not even by the owner', async () => {
    await expect(prisma.feedRow.deleteMany({})).rejects.toThrow();
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    await expect(owner.query("UPDATE feed_row SET state = 'ACTIVE'")).rejects.toThrow('feed_row is append-only');
    await owner.end();
  });
});
