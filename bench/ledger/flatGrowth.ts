import pg from 'pg';
import { median } from '../harness.js';
import { type Ask, type HttpStand, startHttpStand } from './httpStand.js';

const SMALL = 1_000;
const LARGE = 1_000_000;
/** Rows that one statement posts. */
const CHUNK = 1_000;
const ROUNDS = 5;
const CALLS = 200;

/** What is read, each with its own page of the account's life. */
const READS = {
  balance: 'query Read($id: ID!) { account(id: $id) { balance { posted { amount } available { amount } } } }',
  'balance as of a time':
    'query Read($id: ID!, $at: DateTime!) { account(id: $id) { balanceAt(at: $at) { posted { amount } } } }',
  'page of entries':
    'query Read($id: ID!, $at: DateTime!) { account(id: $id) { entries(to: $at) { nodes { transfer { id } amount { amount } } } } }',
  'page of a statement': `query Read($id: ID!, $at: DateTime!) { account(id: $id) { statement(from: $at) {
    opening { amount } closing { amount } entries { nodes { transfer { id } } } } } }`,
} as const;

/**
 * Flat growth: the same reads of one account through the gateway at 10^3 and at 10^6 entries. Rows are posted by the
 * ledger's own function; what is read lies in the middle of the account's life.
 */
export async function flatGrowth(print: (line: string) => void): Promise<void> {
  print('Flat growth: reads of one account at 10^3 and at 10^6 entries, through the gateway, ms');
  const stand = await startHttpStand();
  const owner = new pg.Client({ connectionString: stand.ownerUrl });
  await owner.connect();
  try {
    const [id, other] = [await stand.openAccount(), await stand.openAccount()];
    await stand.deposit(id, '1000000');
    await fill(owner, id, other, SMALL);
    const small = await readAll(stand, id, await middleOf(owner, id));
    await fill(owner, id, other, LARGE - SMALL);
    const large = await readAll(stand, id, await middleOf(owner, id));
    for (const name of Object.keys(READS)) {
      const [before = Number.NaN, after = Number.NaN] = [small.get(name), large.get(name)];
      print(
        `  ${name}: ${before.toFixed(2)} and ${after.toFixed(2)}, ratio ${(after / before).toFixed(2)} (goal: 1.5)`,
      );
    }
  } finally {
    await owner.end();
    await stand.stop();
  }
}

async function fill(owner: pg.Client, debit: string, credit: string, rows: number): Promise<void> {
  for (let done = 0; done < rows; done += CHUNK) await owner.query(POST, [debit, credit, CHUNK]);
  await owner.query('VACUUM (ANALYZE) journal_entry');
}

/** A chunk of transfers of a millionth, without keys of their own, as the functions that compose post_batch do. */
const POST = `
  SELECT count(b.ord) FROM (SELECT array_fill(''::text, ARRAY[$3::int]) AS none, array_fill(0, ARRAY[$3::int]) AS zero) f,
  LATERAL post_batch(ARRAY[$1::text, $2::text], '{}', array_fill('TRANSFER'::text, ARRAY[$3::int]),
    array_fill('TRANSFER'::text, ARRAY[$3::int]), array_fill(1, ARRAY[$3::int]), array_fill(2, ARRAY[$3::int]), f.zero,
    (SELECT array_agg('trf_' || replace(gen_random_uuid()::text, '-', '')) FROM generate_series(1, $3::int)), f.none,
    array_fill('CREDIT'::text, ARRAY[$3::int]), array_fill(1::bigint, ARRAY[$3::int]), array_fill(FALSE, ARRAY[$3::int]),
    f.zero, f.none, array_fill('Bench'::text, ARRAY[$3::int]), f.none, f.none, array_fill('bench'::text, ARRAY[$3::int]),
    f.none, f.none, f.none, f.none, f.none, f.none, f.none, f.none, f.none, f.none) b`;

async function middleOf(owner: pg.Client, id: string): Promise<string> {
  const { rows } = await owner.query<{ at: Date }>(
    `SELECT recorded_at AS at FROM journal_entry
     WHERE sequence = (SELECT (min(sequence) + max(sequence)) / 2 FROM journal_entry WHERE debit_id = $1)`,
    [id],
  );
  return rows[0]?.at.toISOString() ?? '';
}

async function readAll(stand: HttpStand, id: string, at: string): Promise<ReadonlyMap<string, number>> {
  const figures = new Map<string, number>();
  for (const [name, query] of Object.entries(READS)) {
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) rounds.push(await timed(stand.viaGateway, query, { id, at }));
    figures.set(name, median(rounds));
  }
  return figures;
}

/** The middle of so many calls, one after the other. Milliseconds. */
async function timed(ask: Ask, query: string, variables: { id: string; at: string }): Promise<number> {
  const took: number[] = [];
  for (let call = 0; call < CALLS; call += 1) {
    const from = performance.now();
    const { account } = await ask(query, query.includes('$at') ? variables : { id: variables.id });
    took.push(performance.now() - from);
    if (account === null) throw new Error('The run is void: the account was not found.');
  }
  return took.sort((a, b) => a - b)[Math.floor(CALLS / 2)] ?? Number.NaN;
}
