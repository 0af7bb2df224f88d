import pg from 'pg';

/** What must never be found, each as SQL that gives the offenders: a person can run them against a live system too. */
const checks: readonly { readonly name: string; readonly sql: string }[] = [
  {
    name: 'INV1 the entries of a unit add up to zero',
    sql: `SELECT unit AS offender, sum(posted)::text AS detail FROM account GROUP BY unit HAVING sum(posted) <> 0`,
  },
  {
    name: 'INV1 a balance is the sum of its entries',
    sql: `SELECT a.id AS offender, a.posted::text || ' <> ' || coalesce(e.amount, 0)::text AS detail
          FROM account a
          LEFT JOIN (SELECT account_id, sum(amount) AS amount
                     FROM (SELECT debit_id AS account_id, -amount AS amount FROM journal_entry WHERE transfer_id IS NOT NULL
                           UNION ALL
                           SELECT credit_id, amount FROM journal_entry WHERE transfer_id IS NOT NULL) side
                     GROUP BY account_id) e ON e.account_id = a.id
          WHERE a.posted <> coalesce(e.amount, 0)`,
  },
  {
    name: 'INV1 an entry stays within one unit and has two accounts',
    sql: `SELECT j.sequence::text AS offender, j.unit AS detail FROM journal_entry j
          LEFT JOIN account d ON d.id = j.debit_id LEFT JOIN account c ON c.id = j.credit_id
          WHERE d.unit IS DISTINCT FROM j.unit OR c.unit IS DISTINCT FROM j.unit`,
  },
  {
    name: 'INV2 nothing available is below its floor',
    sql: `SELECT id AS offender, posted::text || ' - ' || held::text AS detail FROM account
          WHERE posted::numeric + overdraft_limit - held < 0`,
  },
  {
    name: 'INV2 what is held is the sum of the open holds',
    sql: `SELECT a.id AS offender, a.held::text || ' <> ' || coalesce(h.amount, 0)::text AS detail
          FROM account a
          LEFT JOIN (SELECT debit_id, sum(amount - captured) AS amount FROM hold WHERE status = 'OPEN' GROUP BY debit_id) h
            ON h.debit_id = a.id
          WHERE a.held <> coalesce(h.amount, 0)`,
  },
  {
    name: 'INV3 a key has one effect: no transfer is named by two keys',
    sql: `SELECT outcome #>> '{value,transferId}' AS offender, count(*)::text AS detail FROM platform.idempotency_key
          WHERE outcome #>> '{value,transferId}' IS NOT NULL GROUP BY 1 HAVING count(*) > 1`,
  },
  {
    name: 'INV3 what a key was answered exists',
    sql: `SELECT k.key AS offender, k.outcome::text AS detail FROM platform.idempotency_key k
          LEFT JOIN journal_entry j ON j.transfer_id = k.outcome #>> '{value,transferId}'
          LEFT JOIN hold h ON h.id = k.outcome #>> '{value,holdId}'
          WHERE (k.outcome #>> '{value,transferId}' IS NOT NULL AND j.sequence IS NULL)
             OR (k.outcome #>> '{value,holdId}' IS NOT NULL AND h.id IS NULL)`,
  },
  {
    name: 'INV3 what a batch was answered exists, and once',
    sql: `SELECT b.transfer_id AS offender, count(DISTINCT j.sequence)::text || ' of ' || count(*)::text AS detail
          FROM (SELECT r ->> 'transferId' AS transfer_id
                FROM platform.idempotency_key k, jsonb_path_query(k.outcome, '$.value.results[*].value') AS r
                UNION ALL
                SELECT outcome #>> '{value,transferId}' FROM platform.idempotency_key
                WHERE outcome #>> '{value,transferId}' IS NOT NULL) b
          LEFT JOIN journal_entry j ON j.transfer_id = b.transfer_id
          GROUP BY b.transfer_id HAVING count(*) <> 1 OR count(j.sequence) <> 1`,
  },
  {
    name: 'INV8 a transfer is never reversed beyond what it moved, nor another way',
    sql: `SELECT r.reverses_id AS offender, coalesce(sum(r.amount)::text || ' of ' || min(o.amount)::text, 'none') AS detail
          FROM journal_entry r LEFT JOIN journal_entry o ON o.transfer_id = r.reverses_id
          WHERE r.reverses_id IS NOT NULL GROUP BY r.reverses_id
          HAVING sum(r.amount) > coalesce(min(o.amount), 0) OR count(*) > 100
             OR bool_or(r.debit_id <> o.credit_id OR r.credit_id <> o.debit_id OR o.kind IN ('REVERSAL', 'REFUND'))`,
  },
  {
    name: 'INV8 a closed account is empty, and no open hold waits for it',
    sql: `SELECT a.id AS offender, a.posted::text || ' - ' || a.held::text AS detail FROM account a
          WHERE a.status = 'CLOSED' AND (a.posted <> 0 OR a.held <> 0 OR EXISTS (
            SELECT 1 FROM hold h WHERE h.credit_id = a.id AND h.status = 'OPEN' AND h.expires_at > clock_timestamp()))`,
  },
  {
    name: 'INV8 the journal says how much each hold reserves in all',
    sql: `SELECT h.id AS offender, h.amount::text || ' <> ' || coalesce(sum(j.amount), 0)::text AS detail FROM hold h
          LEFT JOIN journal_entry j ON j.hold_id = h.id AND j.kind IN ('HOLD_PLACED', 'HOLD_EXTENDED')
          GROUP BY h.id, h.amount HAVING h.amount <> coalesce(sum(j.amount), 0)`,
  },
  {
    name: 'INV5 an escrow account belongs to a grant, a payer and a provider',
    sql: `SELECT a.id AS offender, coalesce(e.grant_id, 'none') AS detail FROM account a
          LEFT JOIN escrow e ON e.account_id = a.id
          LEFT JOIN account payer ON payer.id = e.payer_id
          LEFT JOIN account payee ON payee.id = e.payee_id
          LEFT JOIN hold h ON h.id = e.hold_id
          WHERE a.kind = 'ESCROW' AND (e.grant_id IS NULL OR e.grant_id NOT LIKE 'grt\\_%' OR payer.id IS NULL
             OR payee.kind IS DISTINCT FROM 'REVENUE' OR h.credit_id IS DISTINCT FROM a.id)`,
  },
  {
    name: 'INV5 a closed escrow is empty',
    sql: `SELECT id AS offender, posted::text AS detail FROM account
          WHERE kind = 'ESCROW' AND status = 'CLOSED' AND (posted <> 0 OR held <> 0)`,
  },
  {
    name: 'INV5 a capture has a receipt, and a paid invoice was paid in full',
    sql: `SELECT j.transfer_id AS offender, 'capture without receipt' AS detail FROM journal_entry j
          LEFT JOIN receipt r ON r.sequence = j.sequence WHERE j.kind = 'CAPTURE' AND r.id IS NULL
          UNION ALL
          SELECT i.id, 'paid, captured ' || coalesce(h.captured, 0)::text FROM invoice i LEFT JOIN hold h ON h.id = i.hold_id
          WHERE i.kind = 'INVOICE' AND (i.status = 'PAID') <> (h.captured >= i.total) AND i.status <> 'VOID'
          UNION ALL
          SELECT i.id, 'lines do not add up' FROM invoice i
          JOIN (SELECT invoice_id, sum(amount) AS amount FROM invoice_line GROUP BY invoice_id) l ON l.invoice_id = i.id
          WHERE l.amount <> i.total`,
  },
  {
    name: 'INV5 numbers have no gaps',
    sql: `SELECT s.owner_id AS offender, s.kind || ' ' || s.last_number::text || ' <> ' || count(n.number)::text AS detail
          FROM number_series s
          LEFT JOIN (SELECT series_owner_id AS owner_id, 'INVOICE' AS kind, number FROM invoice
                     UNION ALL SELECT series_owner_id, 'RECEIPT', number FROM receipt) n
            ON n.owner_id = s.owner_id AND n.kind = s.kind
          GROUP BY s.owner_id, s.kind, s.last_number
          HAVING s.last_number <> count(n.number) OR coalesce(max(n.number), 0) <> s.last_number`,
  },
  {
    name: 'INV9 each effect has one audit entry',
    sql: `SELECT min(k.key) AS offender, k.operation || ' ' || count(DISTINCT a.id)::text AS detail
          FROM (SELECT *, coalesce(outcome #>> '{value,accountId}', outcome #>> '{value,transferId}',
                                   outcome #>> '{value,holdId}', outcome #>> '{value,invoiceId}') AS target
                FROM platform.idempotency_key WHERE outcome ? 'value') k
          LEFT JOIN platform.audit_entry a ON a.target = k.target AND a.action = k.operation AND a.outcome = 'OK'
          WHERE k.target IS NOT NULL
          GROUP BY k.operation, k.target HAVING count(DISTINCT a.id) <> count(DISTINCT (k.scope, k.key))`,
  },
  {
    name: 'L10 what is charged for usage is what was posted for it, for each payer and payee, to the last unit',
    sql: `SELECT coalesce(u.payer_id, j.payer_id) AS offender, coalesce(u.amount, 0)::text || ' <> ' || coalesce(j.amount, 0)::text AS detail
          FROM (SELECT k.payer_id, c.payee_id, sum(k.charged) AS amount FROM usage_record k
                JOIN rate_card c ON c.id = k.rate_card_id GROUP BY k.payer_id, c.payee_id) u
          FULL JOIN (SELECT payer_id, payee_id, sum(amount) AS amount
                     FROM (SELECT e.debit_id AS payer_id, e.credit_id AS payee_id, e.amount FROM journal_entry e
                           JOIN account a ON a.id = e.debit_id WHERE e.kind = 'USAGE' AND a.kind <> 'ESCROW'
                           UNION ALL
                           SELECT e.credit_id, e.debit_id, -e.amount FROM journal_entry e
                           JOIN account a ON a.id = e.debit_id WHERE e.kind = 'REFUND' AND a.kind <> 'ESCROW') side
                     GROUP BY payer_id, payee_id) j ON j.payer_id = u.payer_id AND j.payee_id = u.payee_id
          WHERE coalesce(u.amount, 0) <> coalesce(j.amount, 0)`,
  },
  {
    name: 'L12 what a budget of an account or group, and a cap of a member, has counted is what the journal says, in each of its periods',
    sql: `SELECT b.id AS offender, u.spent::text || ' + ' || u.held::text || ' <> ' || f.spent::text || ' + ' || f.held::text AS detail
          FROM budget_use u JOIN budget b ON b.id = u.budget_id AND (b.member_id IS NULL OR b.cap IS NOT NULL) AND b.removed_at IS NULL
          CROSS JOIN LATERAL budget_so_far(b, u.period_start, budget_period_end(b.period, b.ends_at, u.period_start)) f
          WHERE (u.spent, u.held) IS DISTINCT FROM (f.spent, f.held)`,
  },
  {
    name: 'L12 the account knows whether a budget looks at it',
    sql: `SELECT a.id AS offender, a.budgeted::text AS detail FROM account a
          WHERE a.budgeted <> EXISTS (SELECT 1 FROM budget b WHERE b.removed_at IS NULL AND (b.account_id = a.id
            OR (b.group_id = a.owner_id AND b.unit = a.unit AND a.kind IN ('GROUP', 'REVENUE')))
            UNION ALL SELECT 1 FROM escrow e WHERE e.account_id = a.id AND e.member_cap IS NOT NULL)`,
  },
  {
    name: 'L12 crossings are counted without gaps, each with its audit entry',
    sql: `SELECT c.budget_id AS offender, max(c.number)::text || ' <> ' || count(*)::text AS detail FROM budget_crossing c
          GROUP BY c.budget_id HAVING max(c.number) <> count(*) OR count(*) <> (
            SELECT count(*) FROM platform.audit_entry a WHERE a.target = c.budget_id AND a.action = 'budgetThreshold')`,
  },
  {
    name: 'L15 an ADJUSTMENT is what one operator proposed and another approved, once',
    sql: `SELECT coalesce(j.transfer_id, a.id) AS offender, coalesce(a.status, 'none') AS detail
          FROM (SELECT * FROM journal_entry WHERE kind = 'ADJUSTMENT') j
          FULL JOIN (SELECT * FROM adjustment WHERE status = 'APPROVED' AND kind = 'TRANSFER') a ON a.transfer_id = j.transfer_id
          WHERE a.proposed_by = a.decided_by
             OR (a.debit_id, a.credit_id, a.amount) IS DISTINCT FROM (j.debit_id, j.credit_id, j.amount)`,
  },
  {
    name: 'L15 what is waived was approved, record by record',
    sql: `SELECT a.id AS offender, a.waived::text || ' <> ' || coalesce(w.amount, 0)::text AS detail
          FROM adjustment a LEFT JOIN (SELECT adjustment_id, sum(amount) AS amount FROM usage_waiver GROUP BY 1) w ON w.adjustment_id = a.id
          WHERE a.waived <> coalesce(w.amount, 0)
          UNION ALL
          -- A correction may need less of it than was forgiven.
          SELECT k.external_id, k.waived::text || ' > ' || coalesce(sum(w.amount), 0)::text FROM usage_record k
          LEFT JOIN usage_waiver w USING (cluster_id, external_id, segment)
          WHERE k.waived > 0 GROUP BY k.cluster_id, k.external_id, k.segment, k.waived HAVING k.waived > coalesce(sum(w.amount), 0)`,
  },
  {
    name: 'L13 the chain and all that is derived from it is sound',
    sql: `SELECT broken_at AS offender, detail FROM verify_ledger() WHERE broken_at IS NOT NULL`,
  },
  {
    name: 'INV3 a mandate is used by the holds that it placed, and no further than it says',
    sql: `SELECT u.mandate_id AS offender, u.holds::text || ' <> ' || count(h.id)::text AS detail
          FROM mandate_use u
          LEFT JOIN mandate_hold m ON m.mandate_id = u.mandate_id
          LEFT JOIN hold h ON h.id = m.hold_id
          -- What the payer added in person (extendHold) is no use of the mandate.
          LEFT JOIN journal_entry j ON j.hold_id = h.id AND j.kind = 'HOLD_PLACED'
          GROUP BY u.mandate_id
          HAVING u.holds <> count(h.id) OR u.used > u.maximum OR (u.once AND u.holds > 1)
              OR sum(least(h.captured, j.amount)) > u.maximum`,
  },
];

/**
 * Checks the ledger of a running or a stopped system, in one snapshot, without changing anything.
 * @param ownerUrl the address of accounting's database as its owner, or as any role that may read it
 * @throws Error that lists every invariant that does not hold, with the first offenders
 */
export async function assertLedgerInvariants(ownerUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const broken: string[] = [];
    for (const { name, sql } of checks) {
      const { rows } = await client.query<{ offender: string; detail: string }>(`${sql} LIMIT 5`);
      if (rows.length > 0) broken.push(`${name}: ${rows.map((row) => `${row.offender} (${row.detail})`).join(', ')}`);
    }
    await client.query('COMMIT');
    if (broken.length > 0) throw new Error(`The ledger's invariants do not hold.\n${broken.join('\n')}`);
  } finally {
    await client.end();
  }
}
