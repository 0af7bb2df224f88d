import pg from 'pg';
import { pgbench } from './pgbench.js';

const CLIENTS_TRIED = [8, 16, 64];

/**
 * The limit: transfers by a one-shot function in the same server, without chain, keys, verdicts or audit. It locks both
 * accounts in order, moves the amount and writes one row.
 */
const FUNCTION = `
CREATE SCHEMA IF NOT EXISTS bench_limit;
CREATE TABLE bench_limit.account (id int PRIMARY KEY, balance bigint NOT NULL CHECK (balance >= 0)) WITH (fillfactor = 50);
CREATE TABLE bench_limit.transfer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, debit int NOT NULL,
    credit int NOT NULL, amount bigint NOT NULL, recorded_at timestamptz NOT NULL);
CREATE FUNCTION bench_limit.post(p_debit int, p_credit int, p_amount bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE v_id bigint;
BEGIN
    PERFORM 1 FROM bench_limit.account WHERE id IN (p_debit, p_credit) ORDER BY id FOR NO KEY UPDATE;
    UPDATE bench_limit.account SET balance = balance - p_amount WHERE id = p_debit;
    UPDATE bench_limit.account SET balance = balance + p_amount WHERE id = p_credit;
    INSERT INTO bench_limit.transfer (debit, credit, amount, recorded_at)
    VALUES (p_debit, p_credit, p_amount, clock_timestamp()) RETURNING id INTO v_id;
    RETURN v_id;
END $$;
`;

/** Which accounts a transfer takes. */
export type Spread = 'SPREAD' | 'HOT';

/** Makes the limit's tables, function and accounts. @param url of the database's owner */
export async function prepareLimit(url: string, accounts: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(FUNCTION);
    await client.query('INSERT INTO bench_limit.account SELECT n, 1000000000 FROM generate_series(1, $1::int) n', [
      accounts,
    ]);
    await client.query('ANALYZE bench_limit.account');
  } finally {
    await client.end();
  }
}

/** Transfers per second of the limit: the best of 8, 16 and 64 clients, unless told. */
export async function limitRate(
  url: string,
  accounts: number,
  spread: Spread,
  seconds: number,
  clientsTried: readonly number[] = CLIENTS_TRIED,
): Promise<number> {
  const debit = `\\set debit random(2, ${accounts})`;
  const credit =
    spread === 'HOT' ? '\\set credit 1' : `\\set credit 1 + (:debit + random(0, ${accounts - 2})) % ${accounts}`;
  const script = `${debit}\n${credit}\nSELECT bench_limit.post(:debit, :credit, 1);\n`;
  const rates: number[] = [];
  for (const clients of clientsTried) rates.push(await pgbench({ url, script, clients, seconds }));
  return Math.max(...rates);
}
