import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { loadReceiptKeys } from '../../../subgraphs/accounting/persistence/receiptKeys.js';
import { makeSqlCheckpoints } from '../../../subgraphs/accounting/persistence/sqlCheckpoints.js';
import { makeSignCheckpoint } from '../../../subgraphs/accounting/usecases/signCheckpoint.js';
import { makeVerifyLedger } from '../../../subgraphs/accounting/usecases/verifyLedger.js';
import { startProgram } from '../../support/program.js';
import { readDocument } from '../documents.js';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';
import { type AccountingHarness, startAccountingHarness } from '../support.js';

const operator = {
  kind: 'person',
  userId: newId('user'),
  sessionId: '',
  tokenId: '',
  scopes: new Set<string>(),
  operator: true,
  actor: null,
  expiresAt: new Date(),
  roles: new Map<string, 'ADMIN' | 'MEMBER'>(),
} as const;
const later = () => Date.now() + 60_000;

describe('checkpoints', () => {
  let bench: LedgerBench;
  let home: string;
  let a: string;
  let b: string;
  let deps: Parameters<typeof makeVerifyLedger>[0];
  beforeAll(async () => {
    bench = await openLedgerBench();
    home = await mkdtemp(join(tmpdir(), 'tollgate-keys-'));
    deps = {
      journal: bench.journal,
      checkpoints: makeSqlCheckpoints(bench.prisma),
      signer: await loadReceiptKeys(home, 'http://tollgate.test'),
    };
    a = await bench.accountWith(100);
    b = await bench.accountWith(0);
  });
  afterAll(async () => {
    await bench.close();
    await rm(home, { recursive: true, force: true });
  });
  const verify = () => makeVerifyLedger(deps)(operator, { after: null, deadlineAt: later() });
  const asOwner = async (sql: string) => {
    await bench.owner.query(
      'ALTER TABLE journal_entry DISABLE TRIGGER USER; ALTER TABLE checkpoint DISABLE TRIGGER USER',
    );
    await bench.owner.query(sql);
    await bench.owner.query(
      'ALTER TABLE journal_entry ENABLE TRIGGER USER; ALTER TABLE checkpoint ENABLE TRIGGER USER',
    );
  };

  it('are signed when the head moved, at most once a minute over all replicas', async () => {
    const sign = makeSignCheckpoint(deps);
    const signed = await Promise.all([sign(), sign(), sign()]);
    expect(signed.filter(Boolean)).toHaveLength(1);
    await bench.transfer(a, b, 1);
    expect(await sign(), 'within the minute').toBe(false);
    expect(await sign(0), 'a minute later').toBe(true);
    expect(await sign(0), 'nothing moved').toBe(false);
    const [newest] = await deps.checkpoints.newest(1);
    const head = await bench.journal.head();
    expect(newest).toMatchObject({ sequence: head.sequence, entryHash: head.entryHash });
    expect(deps.signer.readCheckpoint(newest?.proof ?? '')).toMatchObject({
      ok: true,
      claims: { iss: 'http://tollgate.test', sequence: head.sequence.toString(), entryHash: head.entryHash },
    });
    expect(await deps.checkpoints.keep({ ...head, sequence: 999n }, 'x', 0), 'of no row').toBe(false);
    expect(await verify()).toMatchObject({ sound: true, complete: true, endCursor: null });
  });

  it('find an end that was cut off, with its head and its sums made to fit', async () => {
    const { rows } = await bench.owner.query<{ entry: string }>(
      'SELECT to_jsonb(j)::text AS entry FROM journal_entry j ORDER BY sequence DESC LIMIT 1',
    );
    const change = (sign: string) => `
      UPDATE account SET posted = posted ${sign} CASE WHEN id = '${a}' THEN 1000000 ELSE -1000000 END WHERE id IN ('${a}', '${b}');`;
    const rewind = `UPDATE chain_head SET (sequence, entry_hash) = (SELECT sequence, entry_hash FROM journal_entry ORDER BY sequence DESC LIMIT 1);`;
    await asOwner(
      `DELETE FROM journal_entry WHERE sequence = (SELECT max(sequence) FROM journal_entry); ${rewind} ${change('+')}`,
    );
    expect(await verify()).toMatchObject({
      sound: false,
      detail: expect.stringMatching(/^Journal row [0-9]+ is not the one that its checkpoint was signed for\.$/),
    });
    await asOwner(
      `INSERT INTO journal_entry SELECT * FROM jsonb_populate_record(NULL::journal_entry, '${rows[0]?.entry}'); ${rewind} ${change('-')}`,
    );
    expect(await verify()).toMatchObject({ sound: true });
  });

  it('are found where one was changed, since nobody can sign another', async () => {
    await asOwner(`UPDATE checkpoint SET jws = (SELECT jws FROM checkpoint ORDER BY sequence LIMIT 1)`);
    expect(await verify()).toMatchObject({ sound: false, detail: expect.stringContaining('is not as it was signed') });
  });
});

describe('verifyLedger', () => {
  it('goes on after a cursor where the time was up, and refuses others', async () => {
    let asked: bigint[] = [];
    const deps = {
      journal: {
        verifyRows: async (after: bigint, first: number) => {
          asked.push(after);
          return { checked: after < 60_000n ? BigInt(first) : 7n, fault: null };
        },
        verifyDerived: async () => null,
      },
      checkpoints: { newest: async () => [] },
      signer: {},
    } as unknown as Parameters<typeof makeVerifyLedger>[0];
    const verify = makeVerifyLedger(deps);
    const first = await verify(operator, { after: null, deadlineAt: Date.now() });
    expect(first).toMatchObject({ sound: false, complete: false, checked: 20_000n, brokenAt: null });
    asked = [];
    const rest = await verify(operator, { after: first.endCursor, deadlineAt: later() });
    expect(rest).toMatchObject({ sound: true, complete: true, checked: 60_007n, endCursor: null });
    expect(asked).toEqual([20_000n, 40_000n, 60_000n]);
    for (const forged of ['x', Buffer.from('["-1"]').toString('base64url')]) {
      await expect(verify(operator, { after: forged, deadlineAt: later() })).rejects.toThrow('cursor');
    }
  });
});

describe('the journal, exported', () => {
  let accounting: AccountingHarness;
  let folder: string;
  let keysFile: string;
  let lines: string[];
  beforeAll(async () => {
    accounting = await startAccountingHarness();
    folder = await mkdtemp(join(tmpdir(), 'tollgate-journal-'));
    keysFile = join(folder, 'keys.json');
    await writeFile(keysFile, (await readDocument(accounting, '/.well-known/tollgate-receipts.json', null)).text);
    const alice = await accounting.newPerson();
    for (let n = 1; n <= 4; n += 1) await accounting.accountWith(alice, `${n}`);
    const owner = new pg.Client({ connectionString: accounting.settings.database.ownerUrl });
    await owner.connect();
    const keys = await loadReceiptKeys(accounting.settings.home, accounting.settings.issuer);
    const { rows } = await owner.query<{ sequence: string; hash: Buffer }>(
      'SELECT sequence::text, entry_hash AS hash FROM journal_entry WHERE sequence = 3',
    );
    const [row] = rows;
    if (row === undefined) throw new Error('no row 3');
    const claims = { sequence: '3', entryHash: row.hash.toString('base64url'), recordedAt: '2026-01-01T00:00:00.000Z' };
    const kept = await owner.query<{ kept: boolean }>('SELECT keep_checkpoint(3, $1, $2, 0) AS kept', [
      row.hash,
      await keys.signCheckpoint(claims),
    ]);
    expect(kept.rows[0]?.kept).toBe(true);
    await owner.end();
    const { status, contentType, text } = await readDocument(
      accounting,
      '/ledger/journal.ndjson',
      accounting.operator.token,
    );
    expect([status, contentType]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    lines = text.split('\n');
  });
  afterAll(async () => {
    await accounting.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function run(content: readonly string[], ...words: string[]) {
    const file = join(folder, 'journal.ndjson');
    await writeFile(file, content.join('\n'));
    const program = startProgram(['verify-journal', file, ...words], {});
    const { code } = await program.ended;
    return { code, output: program.output() };
  }

  it('is for operators alone, and its newest checkpoint is for all', async () => {
    const alice = await accounting.newPerson();
    expect((await readDocument(accounting, '/ledger/journal.ndjson', alice.token)).status).toBe(403);
    expect((await readDocument(accounting, '/ledger/journal.ndjson', null)).status).toBe(401);
    const published = await readDocument(accounting, '/.well-known/tollgate-checkpoints.json', null);
    const query = '{ latestCheckpoint { sequence entryHash recordedAt proof } }';
    const read = await accounting.call<{ latestCheckpoint: object }>(query, {}, { token: accounting.operator.token });
    expect(read.data?.latestCheckpoint).toMatchObject({ sequence: '3' });
    expect(JSON.parse(published.text)).toEqual({ checkpoint: read.data?.latestCheckpoint });
    expect((await accounting.call(query, {}, { token: alice.token })).errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('is found sound without the system that wrote it', async () => {
    const checked = await run(lines, '--keys', keysFile);
    expect(checked.output).toMatch(/^The journal is sound\.\nRows: +4\nLast hash: .*\nCheckpoints: +1, all genuine\n$/);
    expect(checked.code).toBe(0);
    expect(await run(lines)).toMatchObject({ code: 0, output: expect.stringContaining('not checked') });
  });

  it.each([
    [
      'one flipped byte',
      () => lines.map((line, n) => (n === 2 ? line.replace('Test', 'Tess') : line)),
      4,
      'Row 2 is not as it was written',
    ],
    ['a row that is missing', () => lines.filter((_line, n) => n !== 2), 4, 'Row 2 is missing'],
    ['rows that are cut off before the end', () => lines.filter((_line, n) => n !== 5), 4, 'Row 4 is missing'],
    [
      'a checkpoint of another row',
      () => [lines[0], lines[1], lines[4], ...lines.slice(2)] as string[],
      4,
      'The checkpoint after row 1',
    ],
    [
      'a checkpoint that was not signed',
      () => lines.map((line, n) => (n === 4 ? line.replace(/..."}$/, 'AAA"}') : line)),
      4,
      'The checkpoint after row 3',
    ],
    ['a file that breaks off', () => lines.slice(0, 3), 2, 'breaks off after row 2'],
    ['another file', () => ['hello'], 2, 'no journal'],
    ['a line that is none', () => [lines[0] ?? '', '[]'], 2, 'no line of a journal'],
    ['nothing', () => [], 2, ''],
  ])('names %s', async (_what, change, code, message) => {
    const found = await run(change(), '--keys', keysFile);
    expect(found.output).toContain(message);
    expect(found.code).toBe(code);
  });

  it('tells keys that it does not know, and files that it cannot read', async () => {
    const foreign = await loadReceiptKeys(join(folder, 'other'), 'x');
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify(foreign.published));
    expect((await run(lines, '--keys', other)).code).toBe(3);
    const missing = startProgram(['verify-journal', join(folder, 'none')], {});
    expect((await missing.ended).code).toBe(1);
    expect(missing.output()).toMatch(/^tollgate: .*none cannot be read \(ENOENT\)\.\n$/);
    const help = startProgram(['verify-journal', '--help'], {});
    await help.ended;
    expect(
      help
        .output()
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
    expect(await readFile(keysFile, 'utf8')).not.toContain('"d"');
  });
});
