import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FeedProjection, feedProjection } from '../../../platform/auth/feedProjection.js';
import type { FeedRow } from '../../../platform/auth/feedRow.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';

const row = (sequence: number, subject: string, state: string): FeedRow => ({
  sequence,
  kind: 'USER',
  subject,
  state,
  data: { operator: false },
  recordedAt: '2026-01-01T00:00:00.000Z',
});

describe("the feed's projection", () => {
  let database: TestDatabase;
  let sessions: PgSessions;
  let projection: FeedProjection;
  beforeAll(async () => {
    database = await freshDatabase('sandbox');
    sessions = pgSessions(database.appUrl);
    projection = feedProjection(sessions.sql);
  });
  afterAll(async () => {
    await sessions.end();
    await database.drop();
  });

  it('begins empty', async () => {
    expect(await projection.load()).toEqual({ position: 0, states: [] });
  });

  it('keeps the newest state of each subject, and survives repetition and old news', async () => {
    await projection.apply([row(1, 'usr_a', 'ACTIVE'), row(2, 'usr_b', 'ACTIVE'), row(3, 'usr_a', 'DISABLED')]);
    await projection.apply([row(1, 'usr_a', 'ACTIVE'), row(2, 'usr_b', 'ACTIVE')]);
    const { position, states } = await projection.load();
    expect(position).toBe(3);
    expect(Object.fromEntries(states.map(({ subject, state }) => [subject, state]))).toEqual({
      usr_a: 'DISABLED',
      usr_b: 'ACTIVE',
    });
  });
});
