import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAudit } from '../../../platform/audit/audit.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';

describe('the audit', () => {
  let database: TestDatabase;
  let app: PgSessions;
  let owner: PgSessions;
  beforeAll(async () => {
    database = await freshDatabase('sandbox');
    app = pgSessions(database.appUrl);
    owner = pgSessions(database.ownerUrl);
    await writeAudit(app.sql, {
      actor: 'usr_a',
      action: 'deposit',
      target: 'acc_a',
      outcome: 'OK',
      requestId: 'r-1',
      clientIp: '192.0.2.1',
      detail: { amount: '1' },
    });
  });
  afterAll(async () => {
    await app.end();
    await owner.end();
    await database.drop();
  });

  it('keeps what was done', async () => {
    const [row] = await app.sql.$queryRawUnsafe<{ actor: string; outcome: string; detail: unknown }[]>(
      'SELECT actor, outcome, detail FROM platform.audit_entry',
    );
    expect(row).toEqual({ actor: 'usr_a', outcome: 'OK', detail: { amount: '1' } });
  });

  it.each([
    "UPDATE platform.audit_entry SET outcome = 'other'",
    'DELETE FROM platform.audit_entry',
    'TRUNCATE platform.audit_entry',
  ])('refuses %s from the serving role and from the owner', async (statement) => {
    await expect(app.sql.$executeRawUnsafe(statement)).rejects.toMatchObject({ code: '42501' });
    await expect(owner.sql.$executeRawUnsafe(statement)).rejects.toMatchObject({ code: '42501' });
  });
});
