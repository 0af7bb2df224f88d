import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedDatabase } from '../../platform/database/startEmbeddedDatabase.js';
import { fingerprint } from '../../platform/idempotency/fingerprint.js';
import { newId } from '../../platform/kernel/ids.js';
import { ok } from '../../platform/kernel/result.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import { connectDatabase } from '../../subgraphs/accounting/persistence/database.js';
import { firstBoot } from '../../subgraphs/accounting/persistence/firstBoot.js';
import { makeSqlLedger } from '../../subgraphs/accounting/persistence/sqlLedger.js';
import type { Call } from '../../subgraphs/accounting/usecases/ports.js';

/** Opened at the same time, while the accounts are made. */
const SIDE_BY_SIDE = 64;
const DEPOSIT_MICROS = 1_000_000_000_000n;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** The ledger at its port, on a server of its own with fsync on, every feature as in service. */
export interface OpenedLedger {
  readonly ownerUrl: string;
  readonly accounts: readonly string[];
  /** One transfer of a millionth, with a key of its own. @throws an error where it is refused */
  transfer(debitId: string, creditId: string): Promise<void>;
  /** Throws where money is lost or the chain is broken: the run is void then. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a ledger with so many accounts, each with money. */
export async function openLedger(accountCount: number): Promise<OpenedLedger> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  const server = await startEmbeddedDatabase({ home: join(folder, 'home'), services: ['accounting'], log: quiet });
  const { ownerUrl, appUrl } = server.urls('accounting');
  await prepareDatabase('accounting', { ownerUrl, appUrl });
  const prisma = connectDatabase(appUrl);
  await firstBoot(prisma);
  const ledger = makeSqlLedger(prisma);
  const move = async (debitId: string, creditId: string, micros: bigint, kind: 'DEPOSIT' | 'TRANSFER') => {
    const amount = { micros, unit: wellKnown.unit };
    const input = { debitId, creditId, micros: micros.toString() };
    const posting = {
      op: 'TRANSFER',
      kind,
      id: newId('transfer'),
      debitId,
      creditId,
      amount,
      description: 'Bench',
    } as const;
    const result = await ledger.post(callOf('transfer', input), ok(posting));
    if (!result.ok) throw new Error(`The run is void: a transfer was refused (${result.refusal.code}).`);
  };
  const openOne = async (): Promise<string> => {
    const accountId = newId('account');
    const account = {
      accountId,
      name: 'Bench',
      kind: 'PERSONAL',
      unit: wellKnown.unit,
      ownerId: newId('user'),
    } as const;
    await ledger.openAccount(callOf('openAccount', account), ok(account));
    await move(wellKnown.accountIssuance, accountId, DEPOSIT_MICROS, 'DEPOSIT');
    return accountId;
  };
  const accounts: string[] = [];
  while (accounts.length < accountCount) {
    accounts.push(...(await Promise.all(Array.from({ length: SIDE_BY_SIDE }, openOne))));
  }
  await asOwner(ownerUrl, 'ANALYZE');
  return {
    ownerUrl,
    accounts,
    transfer: (debitId, creditId) => move(debitId, creditId, 1n, 'TRANSFER'),
    async check() {
      const sums = await asOwner(ownerUrl, 'SELECT unit FROM account GROUP BY unit HAVING sum(posted) <> 0');
      const faults = await asOwner(ownerUrl, 'SELECT detail FROM verify_ledger() WHERE broken_at IS NOT NULL');
      if (sums.length + faults.length > 0) throw new Error(`The run is void: ${JSON.stringify([sums, faults])}`);
    },
    async close() {
      await ledger.drained();
      await prisma.$disconnect();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function callOf(operation: string, input: unknown): Call {
  return {
    scope: 'user:bench',
    key: randomUUID(),
    operation,
    input,
    fingerprint: fingerprint(operation, input),
    actor: 'user:bench',
    requestId: 'bench',
    clientIp: '192.0.2.1',
  };
}

async function asOwner(url: string, statement: string): Promise<readonly unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
