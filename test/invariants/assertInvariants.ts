import pg from 'pg';
import type { SubgraphName } from '../../platform/kernel/services.js';
import { assertLedgerInvariants } from './assertLedgerInvariants.js';

/** Where each database is, as its owner. */
export type OwnerUrls = Readonly<Record<Exclude<SubgraphName, 'identity'>, string>>;

interface Request {
  readonly id: string;
  readonly status: string;
  readonly grantId: string;
}
interface Grant {
  readonly id: string;
  readonly state: string;
  readonly kind: string;
  readonly paid: string;
  readonly endsAt: Date;
}
interface Escrow {
  readonly grantId: string;
  readonly status: string;
  readonly posted: string;
  readonly filled: string;
  readonly endsAt: Date;
}
interface Resource {
  readonly grantId: string;
  readonly status: string;
  readonly endsAt: Date;
}

const SETTLED = ['ACTIVE', 'DENIED', 'WITHDRAWN', 'FAILED', 'EXPIRED'];

/**
 * Checks a system at rest (no request under way) as a whole: the ledger's own invariants, INV4 every chain ended
 * completed or undone, INV5 every resource has a grant and money behind it, and the reverse. Changes nothing.
 * @throws Error that lists every invariant that does not hold
 */
export async function assertInvariants(urls: OwnerUrls): Promise<void> {
  await assertLedgerInvariants(urls.accounting);
  const [requests, grants, runs, escrows, holds, drives, allocations] = await Promise.all([
    rows<Request>(urls.access, 'SELECT id, status, grant_id AS "grantId" FROM access_request WHERE visible'),
    rows<Grant>(
      urls.access,
      `SELECT g.id, g.state, o.kind, g.paid_micros::text AS paid, g.ends_at AS "endsAt"
       FROM access_grant g JOIN offer o ON o.id = g.offer_id`,
    ),
    rows<{ id: string }>(urls.access, 'SELECT id FROM saga_run'),
    rows<Escrow>(
      urls.accounting,
      `SELECT e.grant_id AS "grantId", a.status, a.posted::text, e.ends_at AS "endsAt",
         (SELECT coalesce(sum(h.captured), 0)::text FROM hold h WHERE h.credit_id = e.account_id) AS filled
       FROM escrow e JOIN account a ON a.id = e.account_id`,
    ),
    rows<{ grantId: string }>(
      urls.accounting,
      `SELECT e.grant_id AS "grantId" FROM hold h JOIN escrow e ON e.hold_id = h.id WHERE h.status = 'OPEN'`,
    ),
    rows<Resource>(urls.storage, 'SELECT grant_id AS "grantId", status::text, ends_at AS "endsAt" FROM drive'),
    rows<Resource>(urls.compute, 'SELECT grant_id AS "grantId", status, ends_at AS "endsAt" FROM allocation'),
  ]);
  const broken: string[] = [];
  const check = (holds_: boolean, sentence: string): void => {
    if (!holds_) broken.push(sentence);
  };

  for (const run of runs) check(false, `INV4 the chain of ${run.id} has not ended`);
  for (const request of requests) check(SETTLED.includes(request.status), `INV4 ${request.id} is ${request.status}`);
  for (const { grantId } of holds) check(false, `INV5 a prepayment for ${grantId} is still held`);
  for (const request of requests) {
    const isActive = request.status === 'ACTIVE';
    check(
      grants.some(({ id }) => id === request.grantId) === isActive,
      `INV4 ${request.id} is ${request.status}, its grant is not so`,
    );
  }
  const openGrants = grants.filter(({ state }) => state === 'OPEN');
  for (const grant of openGrants) {
    const mine = escrows.filter(({ grantId }) => grantId === grant.id);
    check(
      mine.length === 1 && mine[0]?.status === 'OPEN',
      `INV5 ${grant.id} has ${mine.length} escrows, or a closed one`,
    );
    const resources = (grant.kind === 'STORAGE' ? drives : allocations).filter(({ grantId }) => grantId === grant.id);
    check(
      resources.length === 1 && resources[0]?.status === 'ACTIVE',
      `INV5 ${grant.id} has no active resource of its own`,
    );
    for (const one of [...mine, ...resources]) {
      check(one.endsAt.getTime() === grant.endsAt.getTime(), `INV5 ${grant.id} does not end everywhere at once`);
    }
  }
  for (const grant of grants) {
    const filled = escrows.find(({ grantId }) => grantId === grant.id)?.filled;
    check(filled === grant.paid, `INV5 ${grant.id} was paid ${grant.paid}, its escrow was filled with ${filled}`);
  }
  const isOpen = (id: string): boolean => openGrants.some((grant) => grant.id === id);
  for (const escrow of escrows) {
    check(
      escrow.status === 'CLOSED' || isOpen(escrow.grantId),
      `INV5 the escrow of ${escrow.grantId} is open without a grant`,
    );
    check(
      escrow.status !== 'CLOSED' || escrow.posted === '0',
      `INV5 the closed escrow of ${escrow.grantId} holds money`,
    );
  }
  for (const { grantId, status } of [...drives, ...allocations]) {
    check(
      ['CLOSED', 'READ_ONLY'].includes(status) || isOpen(grantId),
      `INV5 a resource of ${grantId} is ${status} without a grant`,
    );
  }
  if (broken.length > 0) throw new Error(`The invariants do not hold.\n${broken.join('\n')}`);
}

async function rows<Row>(url: string, sql: string): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}
