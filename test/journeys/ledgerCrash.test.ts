import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, eventually, succeed } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { moneyDeposited } from '../../cli/tour/steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { researcherLogsIn } from '../../cli/tour/steps/researcherLogsIn.js';
import { researcherRegisters } from '../../cli/tour/steps/researcherRegisters.js';
import { assertLedgerInvariants } from '../invariants/assertLedgerInvariants.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { freePort, makeHome, type Program, startProgram } from '../support/program.js';

/*
 * Clients transfer side by side and repeat with the same key until they have an answer; meanwhile the accounting service,
 * or the PostgreSQL server, is killed again and again. At the end:
 *   1. every acknowledged transfer is in the journal, with its id (INV7);
 *   2. every key has one effect, also where its answers were lost (INV3);
 *   3. the ledger's invariants hold, and verify_ledger finds the chain sound.
 * `npm run test:faults` kills 50 times each.
 */
const KILLS = Number(process.env['TOLLGATE_TEST_KILLS'] ?? 5);
const CLIENTS = 16;
/** Acknowledged between two kills: the next one then falls into a full stream of batches. */
const BETWEEN_KILLS = 40;
/** A token lives for ten minutes. */
const TOKEN_MS_MAX = 5 * 60_000;
const SERVICES = ['identity', 'accounting', 'gateway'] as const;

describe('the ledger under kills', () => {
  let home: string;
  let remove: () => Promise<void>;
  let environment: Record<string, string>;
  let stage: Stage;
  let token: string;
  let loggedInAt: number;
  let logIn: () => Promise<void>;
  let accounts: readonly string[];
  let ledgerUrl: string;
  const running = new Map<string, Program>();
  /** The transfer of each key whose answer came. */
  const acknowledged = new Map<string, string>();

  const start = async (name: string): Promise<void> => {
    const program = startProgram(['start', name], environment);
    running.set(name, program);
    await program.waitFor(new RegExp(`Ready: ${name}`));
  };

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    const port = await freePort();
    environment = { TOLLGATE_HOME: home, TOLLGATE_PORT: String(port), TOLLGATE_LOG_LEVEL: 'silent' };
    await start('database');
    await Promise.all(SERVICES.map(start));
    stage = { client: httpClient(`http://127.0.0.1:${port}`), codes: oneTimeCodes(), narrate: () => {}, run: 'crash' };
    const operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    const operatorToken = await operatorLogsIn(stage, operator);
    const researcher = await researcherRegisters(stage);
    logIn = async () => {
      token = await researcherLogsIn(stage, researcher);
      loggedInAt = Date.now();
    };
    await logIn();
    accounts = await Promise.all(
      ['one', 'two', 'three'].map(async (name) => {
        const input = {
          idempotencyKey: name,
          owner: { userId: researcher.userId },
          name,
          unit: 'CREDIT',
        };
        const { account } = await succeed<{ account: { id: string } }>(
          stage,
          'openAccount',
          input,
          'account { id }',
          token,
        );
        await moneyDeposited({ ...stage, run: name }, account.id, '1000', operatorToken);
        return account.id;
      }),
    );
    ledgerUrl = (await ownerUrlsOf(home)).accounting;
  });
  afterAll(async () => {
    await Promise.all(SERVICES.map((name) => running.get(name)?.end('SIGTERM')));
    await running.get('database')?.end('SIGTERM');
    await remove();
  });

  /** One transfer, asked for until it is answered. */
  const transfer = async (key: string, nth: number): Promise<void> => {
    const input = {
      idempotencyKey: key,
      debitAccountId: accounts[nth % 3],
      creditAccountId: accounts[(nth + 1) % 3],
      amount: { amount: `0.${String((nth % 7) + 1).padStart(6, '0')}`, unit: 'CREDIT' },
      description: key,
    };
    const id = await eventually(60, `The transfer ${key} was never answered.`, async () => {
      // Whatever is no answer tells nothing: it may have happened or not.
      const answer = await attempt<{ transfer: { id: string } | null }>(
        stage,
        'transfer',
        input,
        'transfer { id }',
        token,
      ).catch(() => null);
      if (answer?.refusal != null) throw new Error(`The transfer ${key} was refused with ${answer.refusal.code}.`);
      return answer?.transfer?.id ?? null;
    });
    acknowledged.set(key, id);
  };

  /** Transfers until told to stop, CLIENTS at a time, while `kill` is done KILLS times. */
  const underKills = async (name: string, kill: () => Promise<void>): Promise<void> => {
    let stopped = false;
    let keys = 0;
    const client = async (nth: number): Promise<void> => {
      for (let turn = 0; !stopped; turn += 1) {
        keys += 1;
        await transfer(`${name}-${nth}-${turn}`, nth + turn);
      }
    };
    const clients = Array.from({ length: CLIENTS }, (_, nth) => client(nth));
    const all = Promise.all(clients);
    try {
      for (let count = 0; count < KILLS; count += 1) {
        const target = acknowledged.size + BETWEEN_KILLS;
        await eventually(60, 'The clients came to a stop.', async () => (acknowledged.size >= target ? true : null));
        // Everything works again here: that many transfers were acknowledged since the last kill.
        if (Date.now() - loggedInAt > TOKEN_MS_MAX) await logIn();
        await kill();
      }
    } finally {
      stopped = true;
      await all;
    }
    await checkLedger(name, keys);
  };

  const checkLedger = async (name: string, keys: number): Promise<void> => {
    const client = new pg.Client({ connectionString: ledgerUrl });
    await client.connect();
    const { rows } = await client.query<{ key: string; ids: string[] }>(
      `select description as key, array_agg(transfer_id) as ids from journal_entry
       where description like $1 group by description`,
      [`${name}-%`],
    );
    const { rows: verdicts } = await client.query('select broken_at as "brokenAt", detail from verify_ledger()');
    await client.end();
    expect(rows).toHaveLength(keys);
    for (const { key, ids } of rows) expect(ids, key).toEqual([acknowledged.get(key)]);
    expect(verdicts).toEqual([{ brokenAt: null, detail: null }]);
    await assertLedgerInvariants(ledgerUrl);
  };

  it(`survives ${KILLS} kills of accounting`, async () => {
    await underKills('accounting', async () => {
      const killed = running.get('accounting')?.end('SIGKILL');
      await killed;
      await start('accounting');
    });
  });

  it(`survives ${KILLS} kills of PostgreSQL`, async () => {
    await underKills('postgres', async () => {
      const file = join(home, 'postgres', 'postmaster.pid');
      const pid = Number((await readFile(file, 'utf8')).split('\n')[0]);
      process.kill(pid, 'SIGKILL');
      await eventually(60, 'The server did not come back.', async () => {
        const text = await readFile(file, 'utf8').catch(() => '');
        return text !== '' && Number(text.split('\n')[0]) !== pid ? true : null;
      });
    });
  });
});
