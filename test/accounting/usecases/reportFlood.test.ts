import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { reportLimits } from '../../../subgraphs/accounting/domain/limits.js';
import { readDocument } from '../documents.js';
import { type AccountingHarness, credit, startAccountingHarness, type TestPerson } from '../support.js';

/** What makes a report wait, as years of charges would. */
const GATE = 4_711;
const PEOPLE = 6;
const OF_EACH = 20;

let accounting: AccountingHarness;
let people: TestPerson[];
let account: string;
let gate: pg.Client;

beforeAll(async () => {
  accounting = await startAccountingHarness();
  people = await Promise.all(Array.from({ length: PEOPLE }, () => accounting.newPerson()));
  account = await accounting.accountWith(people[0] as TestPerson, '10');
  gate = new pg.Client({ connectionString: accounting.settings.database.ownerUrl });
  await gate.connect();
  // Tables stand in by views that wait until the gate is opened.
  const waits = `(SELECT pg_advisory_xact_lock_shared(${GATE})) AS s WHERE s IS NOT NULL`;
  await accounting.sql('ALTER VIEW charge RENAME TO charge_kept');
  await accounting.sql(`CREATE VIEW charge AS SELECT k.* FROM charge_kept k, ${waits}`);
  await accounting.sql('GRANT SELECT ON charge TO PUBLIC');
});
afterAll(async () => {
  await gate.end();
  await accounting.sql('DROP VIEW charge');
  await accounting.sql('ALTER VIEW charge_kept RENAME TO charge');
  await accounting.stop();
});

const CHARGES = '{ charges(by: [DAY]) { nodes { entries } } }';
const codeOf = ({ errors }: { errors: readonly { extensions: { code: string } }[] }) =>
  errors[0]?.extensions.code ?? 'READ';

/** How many connections of accounting are in a report. */
async function reading(): Promise<number> {
  const { rows } = await gate.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM pg_stat_activity
     WHERE datname = current_database() AND state = 'active' AND query LIKE '%FROM charge k%' AND pid <> pg_backend_pid()`,
  );
  return rows[0]?.count ?? -1;
}

it('a flood of reports has two connections, and payments have the rest', async () => {
  await gate.query('SELECT pg_advisory_lock($1)', [GATE]);
  const answers: Promise<string>[] = people.flatMap(({ token }) =>
    Array.from({ length: OF_EACH }, (_none, n) =>
      n % 4 === 0
        ? readDocument(accounting, '/reports/charges.csv?by=DAY', token).then(({ status, text }) =>
            status === 200 ? 'READ' : String((JSON.parse(text) as never)['errors'][0]['extensions']['code']),
          )
        : accounting.call(CHARGES, {}, { token }).then(codeOf),
    ),
  );
  const refused = answers.map((answer) => answer.then((code) => code !== 'READ'));
  // All have arrived once as many are turned away as find no place.
  const places = reportLimits.turns.atOnceMax + reportLimits.turns.waitingMax;
  let away = 0;
  for (const one of refused) void one.then((was) => (away += was ? 1 : 0));
  await expect.poll(() => away, { timeout: 20_000 }).toBeGreaterThanOrEqual(PEOPLE * OF_EACH - places);
  expect(await reading()).toBeLessThanOrEqual(reportLimits.turns.atOnceMax);

  // As many payments at once as there are connections in all.
  const payments = await Promise.all(
    Array.from({ length: 8 }, () =>
      accounting.mutate(
        'transfer',
        {
          debitAccountId: account,
          creditAccountId: wellKnown.accountRevenueLocal,
          amount: credit('1'),
          description: 'Beside the flood',
        },
        'transfer { id }',
        { token: people[0]?.token ?? '' },
      ),
    ),
  );
  expect(payments.map(({ payload, fault }) => fault ?? payload?.refusal?.code ?? 'PAID')).toEqual(
    Array(8).fill('PAID'),
  );
  await gate.query('SELECT pg_advisory_unlock($1)', [GATE]);
  // Whoever waited meanwhile has read, or waited too long or read too long; nobody met a fault.
  const codes = new Set(await Promise.all(answers));
  expect(codes).toContain('RATE_LIMITED');
  for (const code of codes) expect(['READ', 'RATE_LIMITED', 'LIMIT_EXCEEDED']).toContain(code);
});

it('afterwards everybody gets a report, and several of one operation take turns', async () => {
  const { token } = people[1] as TestPerson;
  const several = Array.from({ length: 5 }, (_none, n) => `r${n}: charges(by: [DAY]) { from nodes { entries } }`).join(
    ' ',
  );
  const { errors } = await accounting.call(`{ ${several} }`, {}, { token });
  expect(errors).toEqual([]);
});
