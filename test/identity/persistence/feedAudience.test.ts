import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { PrismaClient } from '../../../subgraphs/identity/generated/prisma/client.js';
import { feedAudience } from '../../../subgraphs/identity/persistence/feedAudience.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

/** Longer than any of these tests takes: who waits so long would be seen to. */
const LONG_MS = 120_000;

let database: TestDatabase;
let prisma: PrismaClient;
let here: ReturnType<typeof feedAudience>;
let there: ReturnType<typeof feedAudience>;

beforeAll(async () => {
  database = await freshDatabase('identity');
  prisma = new PrismaClient({ adapter: prismaAdapter(database.appUrl, { poolSize: 5 }) });
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
    const answers = [await here.asks('access/a', 7, LONG_MS), await there.asks('storage/a', 7, LONG_MS)];
    const waiting = here.untilAt(9, LONG_MS);
    const isOver = ending(waiting);
    for (const answer of answers) answer();
    await here.asks('access/a', 9, LONG_MS);
    await aWhile();
    expect(isOver()).toBe(false);
    // The next question goes to the other replica.
    await here.asks('storage/a', 8, LONG_MS);
    await aWhile();
    expect(isOver()).toBe(false);
    await there.asks('storage/a', 9, LONG_MS);
    await waiting;
  });

  it('is each process of a service for itself', async () => {
    await here.asks('access/a', 9, LONG_MS);
    await here.asks('access/b', 7, LONG_MS);
    const waiting = here.untilAt(9, LONG_MS);
    const isOver = ending(waiting);
    await here.asks('access/a', 9, LONG_MS);
    await aWhile();
    expect(isOver()).toBe(false);
    await here.asks('access/b', 9, LONG_MS);
    await waiting;
  });

  it('is not waited for where nobody follows, or all are there already', async () => {
    await here.untilAt(9, LONG_MS);
    await there.asks('access/a', 9, LONG_MS);
    await here.untilAt(9, LONG_MS);
  });

  it('has gone where it was answered and asks no more', async () => {
    const answer = await here.asks('access/a', 7, LONG_MS);
    answer();
    await there.untilAt(9, LONG_MS);
  });

  it('has not gone where it was answered here and asks again there', async () => {
    const answer = await here.asks('access/a', 7, LONG_MS);
    answer();
    await there.asks('access/a', 7, LONG_MS);
    // Longer than what makes one that is silent count as gone.
    const isOver = ending(here.untilAt(9, LONG_MS));
    await prisma.$queryRawUnsafe('SELECT 1 FROM pg_sleep(1.5)');
    expect(isOver()).toBe(false);
    await there.asks('access/a', 9, LONG_MS);
  });

  it('has gone where its time is over, should the replica that it asked have died', async () => {
    await here.asks('access/a', 7, 1);
    await there.untilAt(9, LONG_MS);
  });

  it('keeps nobody waiting for longer than the time that is given', async () => {
    await here.asks('access/a', 7, LONG_MS);
    await here.untilAt(9, 50);
    expect(await prisma.feedFollower.count()).toBe(1);
  });
});
