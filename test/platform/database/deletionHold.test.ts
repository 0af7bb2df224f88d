import pg from 'pg';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { holdDeletions, mayDelete } from '../../../platform/database/deletionHold.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';

let database: TestDatabase;
let sessions: PgSessions;
beforeEach(async () => {
  database = await freshDatabase('sandbox');
  sessions = pgSessions(database.appUrl);
});
afterEach(async () => {
  await sessions.end();
  await database.drop();
});

it('a hold waits for the deletions that are under way, and keeps later ones off until its connection ends', async () => {
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  const order: string[] = [];
  let held: Promise<void> = Promise.resolve();
  await sessions.transaction(async (sql) => {
    expect(await mayDelete(sql)).toBe(true);
    // Others delete meanwhile.
    expect(await sessions.transaction(mayDelete)).toBe(true);
    held = holdDeletions(client).then(() => void order.push('held'));
    const isWaiting = `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
    await expect.poll(() => sessions.sql.$queryRawUnsafe(isWaiting)).toHaveLength(1);
    expect(await sessions.transaction(mayDelete)).toBe(false);
    order.push('deleted');
  });
  await held;
  expect(order).toEqual(['deleted', 'held']);
  expect(await sessions.transaction(mayDelete)).toBe(false);
  await client.end();
  await expect.poll(() => sessions.transaction(mayDelete)).toBe(true);
});
