import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../../platform/database/migrate.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { emptyDatabase, type TestDatabase } from '../../support/database.js';

const MIGRATION = '20261121080000_memberships';

describe('the migration that tells the feed of memberships', () => {
  let folder: string;
  let database: TestDatabase;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollgate-migrations-'));
    database = await emptyDatabase('identity');
  });
  afterAll(async () => {
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  it('appends those from before, after what stands there, without gaps', async () => {
    const all = join(packageRoot, 'prisma', 'identity', 'migrations');
    const appRole = decodeURIComponent(new URL(database.appUrl).username);
    const common = { ownerUrl: database.ownerUrl, appRole };
    await migrate({ ...common, folder: join(packageRoot, 'prisma', 'platform', 'migrations'), schema: 'platform' });
    for (const name of (await readdir(all)).filter((entry) => /^[0-9]/.test(entry) && entry < MIGRATION)) {
      await cp(join(all, name), join(folder, name), { recursive: true });
    }
    await migrate({ ...common, folder, schema: 'public' });
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    try {
      await owner.query(`
        INSERT INTO "user" (id, status, created_at) VALUES ('u1', 'ACTIVE', now()), ('u2', 'ACTIVE', now());
        INSERT INTO "group" (id, name, created_at) VALUES ('g1', 'one', now()), ('g2', 'two', now());
        INSERT INTO group_member (group_id, user_id, role, created_at)
        VALUES ('g2', 'u1', 'ADMIN', now()), ('g1', 'u2', 'MEMBER', now()), ('g1', 'u1', 'ADMIN', now());
        INSERT INTO feed_row (sequence, kind, subject, state, data, recorded_at) VALUES (1, 'USER', 'u1', 'ACTIVE', '{}', now());
        UPDATE feed_head SET sequence = 1`);
      await migrate({ ...common, folder: all, schema: 'public' });
      const { rows } = await owner.query(
        'SELECT sequence::int, subject, state FROM feed_row ORDER BY sequence OFFSET 1',
      );
      expect(rows).toEqual([
        { sequence: 2, subject: 'g1/u1', state: 'ADMIN' },
        { sequence: 3, subject: 'g1/u2', state: 'MEMBER' },
        { sequence: 4, subject: 'g2/u1', state: 'ADMIN' },
      ]);
      expect((await owner.query('SELECT sequence::int FROM feed_head')).rows).toEqual([{ sequence: 4 }]);
    } finally {
      await owner.end();
    }
  });
});
