import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAudit } from '../../../platform/audit/audit.js';
import { type AuditFilter, auditStatement } from '../../../platform/audit/auditQuery.js';
import { auditReader } from '../../../platform/audit/auditReader.js';
import { listAudit } from '../../../platform/audit/listAudit.js';
import type { Person, Viewer } from '../../../platform/auth/viewer.js';
import { newId } from '../../../platform/kernel/ids.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type PgSessions, pgSessions } from '../../support/pgSession.js';

const [ada, bob] = [newId('user'), newId('user')];
const person = (userId: string, more: Partial<Person> = {}): Person => ({
  kind: 'person',
  userId,
  sessionId: newId('session'),
  tokenId: 't',
  scopes: new Set(),
  operator: false,
  roles: new Map(),
  actor: null,
  expiresAt: new Date(0),
  ...more,
});
const operator = person(newId('user'), { operator: true });

let database: TestDatabase;
let app: PgSessions;
let owner: PgSessions;
let list: ReturnType<typeof listAudit>;

beforeAll(async () => {
  database = await freshDatabase('sandbox');
  app = pgSessions(database.appUrl);
  owner = pgSessions(database.ownerUrl);
  list = listAudit(auditReader(app.sql));
  const write = (actor: string, action: string, target: string | null, outcome = 'OK', clientIp = '192.0.2.1') =>
    writeAudit(app.sql, { actor, action, target, outcome, requestId: 'r-1', clientIp, detail: { n: 1, none: null } });
  await write(ada, 'transfer', 'acc_1');
  await write(bob, 'transfer', 'acc_2', 'INSUFFICIENT_FUNDS');
  await write(bob, 'addGroupMember', ada);
  await write('anonymous', 'logIn', ada, 'INVALID_CREDENTIALS', '203.0.113.9');
  await write(ada, 'changePassword', ada);
  await write('service:access', 'requestAccess.hold', 'req_1', 'OK', '');
});
afterAll(async () => {
  await app.end();
  await owner.end();
  await database.drop();
});

const actionsOf = async (viewer: Viewer, trail: string, filter: AuditFilter = {}): Promise<string[]> =>
  (await list(viewer, trail, { filter })).nodes.map(({ action }) => action);

describe('an audit trail', () => {
  it('is everybody’s for operators, the newest first', async () => {
    expect(await actionsOf(operator, 'all')).toEqual([
      'requestAccess.hold',
      'changePassword',
      'logIn',
      'addGroupMember',
      'transfer',
      'transfer',
    ]);
  });

  it('is one’s own: what one did and what was done to one, each once', async () => {
    expect(await actionsOf(person(ada), ada)).toEqual(['changePassword', 'logIn', 'addGroupMember', 'transfer']);
    expect(await actionsOf(operator, ada)).toEqual(['changePassword', 'logIn', 'addGroupMember', 'transfer']);
    expect(await actionsOf(person(bob), bob)).toEqual(['addGroupMember', 'transfer']);
  });

  it('shows where a stranger tried to log in, and not where another person sat', async () => {
    const { nodes } = await list(person(ada), ada, {});
    const addressOf = (action: string) => nodes.find((entry) => entry.action === action)?.clientIp;
    expect(addressOf('logIn')).toBe('203.0.113.9');
    expect(addressOf('addGroupMember')).toBeNull();
    expect(addressOf('transfer')).toBe('192.0.2.1');
    expect(nodes[0]?.detail).toEqual([
      { name: 'n', value: '1' },
      { name: 'none', value: null },
    ]);
    const all = await list(operator, 'all', {});
    expect(all.nodes.map(({ clientIp }) => clientIp)).toEqual([
      null,
      '192.0.2.1',
      '203.0.113.9',
      '192.0.2.1',
      '192.0.2.1',
      '192.0.2.1',
    ]);
  });

  it.each([
    [{ actor: bob }, ['addGroupMember', 'transfer']],
    [{ action: 'transfer' }, ['transfer', 'transfer']],
    [{ action: 'transfer', outcome: 'OK' }, ['transfer']],
    [{ outcome: 'INVALID_CREDENTIALS' }, ['logIn']],
    [{ target: 'acc_2' }, ['transfer']],
    [{ target: 'acc_2', actor: ada }, []],
    [{ from: new Date(Date.now() - 3_600_000), to: new Date(Date.now() + 3_600_000), action: 'logIn' }, ['logIn']],
    [{ from: new Date(Date.now() + 3_600_000) }, []],
    [{ to: new Date(Date.now() - 3_600_000) }, []],
    [{ to: new Date(-1) }, []],
    [{ from: new Date('9999-12-31T23:59:59Z') }, []],
  ] as [AuditFilter, string[]][])('is filtered by %j', async (filter, expected) => {
    expect(await actionsOf(operator, 'all', filter)).toEqual(expected);
  });

  it('is told from its time exactly, although ids and times come from two clocks', async () => {
    const [entry] = (await list(operator, 'all', { filter: { action: 'logIn' } })).nodes;
    const at = entry?.at ?? new Date(0);
    expect(await actionsOf(operator, 'all', { from: at, to: new Date(at.getTime() + 1), action: 'logIn' })).toEqual([
      'logIn',
    ]);
    expect(await actionsOf(operator, 'all', { to: at, action: 'logIn' })).toEqual([]);
  });

  it('is read page by page, stable while entries are added', async () => {
    const first = await list(person(ada), ada, { first: 2 });
    await writeAudit(app.sql, {
      actor: bob,
      action: 'later',
      target: ada,
      outcome: 'OK',
      requestId: 'r',
      clientIp: '',
    });
    const second = await list(person(ada), ada, { first: 2, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...second.nodes].map(({ action }) => action)).toEqual([
      'changePassword',
      'logIn',
      'addGroupMember',
      'transfer',
    ]);
    expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
    await expect(list(operator, 'all', { first: 101 })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    await expect(list(operator, 'all', { filter: { actor: 'x\0' } })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('is nobody else’s', async () => {
    const key = person(ada, { sessionId: newId('personalAccessKey') });
    const acting = person(ada, { actor: 'access' });
    const narrowed = person(ada, { restricted: true });
    for (const viewer of [person(bob), key, acting, narrowed, { kind: 'service', service: 'access' } as const]) {
      await expect(list(viewer, ada, {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const trail of [newId('group'), '', 'ALL', 'x\0']) {
      await expect(list(operator, trail, {})).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    for (const viewer of [person(ada), key]) {
      await expect(list(viewer, 'all', {})).rejects.toMatchObject({ code: 'FORBIDDEN' });
    }
    for (const trail of ['all', ada]) {
      await expect(list({ kind: 'anonymous' }, trail, {})).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });
});

describe('a page of a long trail', () => {
  /** Rows that a plan reads, and the kinds of its nodes. */
  async function planOf(query: Parameters<typeof auditStatement>[0]): Promise<{ read: number; nodes: string[] }> {
    const { sql, values } = auditStatement(query);
    const rows = await app.sql.$queryRawUnsafe<Record<string, unknown>[]>(
      `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${sql}`,
      ...values,
    );
    const nodes: string[] = [];
    let read = 0;
    const walk = (node: Record<string, unknown>): void => {
      nodes.push(String(node['Node Type']));
      read += Number(node['Actual Rows']) + Number(node['Rows Removed by Filter'] ?? 0);
      for (const child of (node['Plans'] ?? []) as Record<string, unknown>[]) walk(child);
    };
    const plans = rows[0]?.['QUERY PLAN'] as { Plan: Record<string, unknown> }[];
    if (plans[0] !== undefined) walk(plans[0].Plan);
    return { read, nodes };
  }

  it('reads a small part of 60,000 entries by an index, whatever is asked for and wherever the page lies', async () => {
    await app.sql.$executeRawUnsafe(
      `INSERT INTO platform.audit_entry (id, at, actor, action, target, outcome, request_id, client_ip)
       SELECT 'aud_00' || lpad(number::text, 24, '0'), now(), 'usr_' || number % 500, 'action' || number % 50,
              'acc_' || number % 500, CASE WHEN number % 10 = 0 THEN 'REFUSED' ELSE 'OK' END, 'r', ''
       FROM generate_series(1, 60000) AS number`,
    );
    await owner.sql.$executeRawUnsafe('ANALYZE platform.audit_entry');
    const page = { first: 20, after: null };
    const middle = { first: 20, after: [`aud_00${'30000'.padStart(24, '0')}`] };
    for (const where of [page, middle]) {
      for (const query of [
        { person: null, filter: {}, page: where },
        { person: null, filter: { actor: 'usr_7' }, page: where },
        { person: null, filter: { target: 'acc_7' }, page: where },
        { person: null, filter: { action: 'action7' }, page: where },
        { person: null, filter: { outcome: 'REFUSED' }, page: where },
        { person: null, filter: { outcome: 'NEVER' }, page: where },
        { person: 'usr_7', filter: {}, page: where },
      ]) {
        const { read, nodes } = await planOf(query);
        expect(nodes, JSON.stringify(query)).not.toContain('Seq Scan');
        expect(read, JSON.stringify(query)).toBeLessThan(2_500);
      }
    }
  });
});
