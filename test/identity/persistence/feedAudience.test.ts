import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { PrismaClient } from '../../../subgraphs/identity/generated/prisma/client.js';
import { makeDatabase } from '../../../subgraphs/identity/persistence/database.js';
import { feedAudience } from '../../../subgraphs/identity/persistence/feedAudience.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

/** Longer than any of these tests takes: who waits so long would be seen to. */
const LONG_MS = 120_000;

/** Of the rows of the feed, 1 to 9. */
const marks = new Map<number, string>();
const at = (sequence: number) => ({ sequence, mark: marks.get(sequence) ?? null });

let database: TestDatabase;
let prisma: PrismaClient;
let here: ReturnType<typeof feedAudience>;
let there: ReturnType<typeof feedAudience>;

beforeAll(async () => {
  database = await freshDatabase('identity');
  prisma = new PrismaClient({ adapter: prismaAdapter(database.appUrl, { poolSize: 5 }) });
  const rows = Array.from({ length: 9 }, (_value, index) => `ses_${index}`);
  await makeDatabase(prisma).transaction(({ feed }) =>
    feed.append(
      rows.map((subject) => ({ kind: 'SESSION', subject, state: 'REVOKED', data: {} }) as const),
      new Date(),
    ),
  );
  for (const { sequence, mark } of await prisma.feedRow.findMany()) marks.set(Number(sequence), mark);
});
afterAll(async () => {
  await prisma.$disconnect();
  await database.drop();
});
beforeEach(async () => {
  await prisma.feedFollower.deleteMany();
  // Two replicas of identity.
  here = feedAudience(prisma);
  there = feedAudience(prisma);
});
afterEach(() => {
  here.close();
  there.close();
});

/** Whether a promise has come to its end. */
function ending(promise: Promise<void>): () => boolean {
  let ended = false;
  void promise.then(() => {
    ended = true;
  });
  return () => ended;
}

const aWhile = (): Promise<unknown> => prisma.$queryRawUnsafe('SELECT 1 FROM pg_sleep(0.1)');

describe('who follows the feed', () => {
  it('is waited for until each has come so far, at whichever replica each asks', async () => {
    const answers = [await here.asks('access/a', at(7), LONG_MS), await there.asks('storage/a', at(7), LONG_MS)];
    const waiting = here.untilAt(9, LONG_MS);
    const isOver = ending(waiting);
    for (const answer of answers) answer();
    await here.asks('access/a', at(9), LONG_MS);
    await aWhile();
    expect(isOver()).toBe(false);
    // The next question goes to the other replica.
    await here.asks('storage/a', at(8), LONG_MS);
    await aWhile();
    expect(isOver()).toBe(false);
    await there.asks('storage/a', at(9), LONG_MS);
    await waiting;
  });

  it('is each process of a service for itself', async () => {
    await here.asks('access/a', at(9), LONG_MS);
    await here.asks('access/b', at(7), LONG_MS);
    const waiting = here.untilAt(9, LONG_MS);
    const isOver = ending(waiting);
    await here.asks('access/a', at(9), LONG_MS);
    await aWhile();
    expect(isOver()).toBe(false);
    await here.asks('access/b', at(9), LONG_MS);
    await waiting;
  });

  it.each([
    ['further than this feed goes', { sequence: 12, mark: randomUUID() }],
    ['at a row of another feed', { sequence: 9, mark: randomUUID() }],
  ])('has nothing of this feed where it says to be %s', async (_where, position) => {
    await here.asks('access/a', position, LONG_MS);
    const waiting = there.untilAt(1, LONG_MS);
    const isOver = ending(waiting);
    await aWhile();
    expect(isOver()).toBe(false);
    await here.asks('access/a', at(1), LONG_MS);
    await waiting;
    // Nor does the other take anything from what it has.
    await here.asks('access/a', position, LONG_MS);
    await there.untilAt(1, LONG_MS);
  });

  it('is not waited for where nobody follows, or all are there already', async () => {
    await here.untilAt(9, LONG_MS);
    await there.asks('access/a', at(9), LONG_MS);
    await here.untilAt(9, LONG_MS);
  });

  it('has gone where it was answered and asks no more', async () => {
    const answer = await here.asks('access/a', at(7), LONG_MS);
    answer();
    await there.untilAt(9, LONG_MS);
  });

  it('has not gone where it was answered here and asks again there', async () => {
    const answer = await here.asks('access/a', at(7), LONG_MS);
    answer();
    await there.asks('access/a', at(7), LONG_MS);
    // Longer than what makes one that is silent count as gone.
    const isOver = ending(here.untilAt(9, LONG_MS));
    await prisma.$queryRawUnsafe('SELECT 1 FROM pg_sleep(1.5)');
    expect(isOver()).toBe(false);
    await there.asks('access/a', at(9), LONG_MS);
  });

  it('has gone where its time is over, should the replica that it asked have died', async () => {
    await here.asks('access/a', at(7), 1);
    await there.untilAt(9, LONG_MS);
  });

  it('keeps nobody waiting for longer than the time that is given', async () => {
    await here.asks('access/a', at(7), LONG_MS);
    await here.untilAt(9, 50);
    expect(await prisma.feedFollower.count()).toBe(1);
  });
});
