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

  it('never knows less than its position says, while another replica takes rows in', async () => {
    let sequence = (await projection.load()).position;
    let queries = 0;
    const starting = feedProjection({
      ...sessions.sql,
      async $queryRawUnsafe<T>(query: string, ...values: unknown[]): Promise<T> {
        if (queries > 0) {
          sequence += 1;
          await projection.apply([row(sequence, `usr_${sequence}`, 'DISABLED')]);
        }
        queries += 1;
        return sessions.sql.$queryRawUnsafe<T>(query, ...values);
      },
    });
    const { position, states } = await starting.load();
    expect(queries).toBe(2);
    expect(Math.max(...states.map((state) => state.sequence))).toBeGreaterThanOrEqual(position);
  });
});
