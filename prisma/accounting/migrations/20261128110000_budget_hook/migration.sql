-- post_batch with budgets: the function as it is in 20261121060100_posting, and the lines marked `budgets:`. Locks are taken in
-- the order accounts, holds, budgets, head, invoices, number series.
CREATE OR REPLACE FUNCTION "post_batch"(
    p_accounts text[], p_holds text[],
    p_op text[], p_kind text[], p_debit int[], p_credit int[], p_hold int[], p_id text[], p_receipt_id text[],
    p_unit text[], p_amount bigint[], p_final boolean[], p_expires_in int[], p_resource text[], p_description text[],
    p_invoice_id text[], p_holder text[], p_actor text[],
    p_scope text[], p_key text[], p_operation text[], p_fingerprint text[], p_refusal text[],
    p_audit_id text[], p_request_id text[], p_client_ip text[],
    p_original text[] DEFAULT NULL, p_effective_ms text[] DEFAULT NULL, p_batch jsonb DEFAULT NULL
) RETURNS TABLE ("ord" int, "verdict" jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
-- Every access is by key. A plan made while a table was small must not outlive its growth as a scan.
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
AS $$
#variable_conflict use_column
DECLARE
    c_max CONSTANT bigint := 9223372036854775807;
    -- How often one transfer is reversed at the most, so that its reversals are a list with an end.
    c_reversals_max CONSTANT int := 100;
    -- How far back a transfer may count from: 366 days, whatever the session's time zone.
    c_effective_back CONSTANT interval := interval '8784 hours';
    c_accounts CONSTANT int := cardinality(p_accounts);
    -- The accounts, by position in p_accounts.
    a_id text[] := p_accounts;
    a_kind text[] := array_fill(NULL::text, ARRAY[c_accounts]);
    a_unit text[] := a_kind;
    a_status text[] := a_kind;
    a_posted bigint[] := array_fill(NULL::bigint, ARRAY[c_accounts]);
    a_held bigint[] := a_posted;
    a_overdraft bigint[] := a_posted;
    a_changed boolean[] := array_fill(FALSE, ARRAY[c_accounts]);
    a_closes boolean[] := a_changed;
    -- budgets: whether any looks at the account; whose spending a hold is, and since when it counts; what they have counted.
    a_budgeted boolean[] := a_changed;
    h_spender text[] := array_fill(NULL::text, ARRAY[cardinality(p_holds)]);
    h_placed timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(p_holds)]);
    k_spender text[];
    b_tallies budget_tally[] := '{}';
    b_refusal jsonb;
    -- What only escrows have.
    e_holder text[] := a_kind;
    e_payer text[] := a_kind;
    e_payee text[] := a_kind;
    e_hold text[] := a_kind;
    e_starts timestamptz[] := array_fill(NULL::timestamptz, ARRAY[c_accounts]);
    e_ends timestamptz[] := e_starts;
    -- The holds, by position in p_holds.
    h_id text[] := p_holds;
    h_status text[] := array_fill(NULL::text, ARRAY[cardinality(p_holds)]);
    h_invoice text[] := h_status;
    h_unit text[] := h_status;
    h_debit int[] := array_fill(NULL::int, ARRAY[cardinality(p_holds)]);
    h_credit int[] := h_debit;
    h_amount bigint[] := array_fill(NULL::bigint, ARRAY[cardinality(p_holds)]);
    h_captured bigint[] := h_amount;
    h_changed boolean[] := array_fill(FALSE, ARRAY[cardinality(p_holds)]);
    h_expires timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(p_holds)]);
    h_extended boolean[] := h_changed;
    x_expired text[] := '{}';
    -- The transfers to be reversed, in the order they are found.
    o_id text[] := '{}';
    o_kind text[]; o_debit int[]; o_credit int[]; o_amount bigint[]; o_reversed bigint[]; o_reversals int[];
    -- The rows to append.
    n int := 0;
    j_kind text[]; j_transfer text[]; j_hold text[]; j_debit text[]; j_credit text[]; j_unit text[]; j_amount bigint[];
    j_released bigint[]; j_description text[]; j_actor text[]; j_invoice text[]; j_debit_after bigint[];
    j_credit_after bigint[]; j_receipt text[]; j_reverses text[]; j_effective timestamptz[];
    -- The holds to insert.
    m int := 0;
    k_id text[]; k_debit text[]; k_credit text[]; k_unit text[]; k_amount bigint[]; k_placed_by text[]; k_resource text[];
    k_reason text[]; k_expires_in int[];
    v_verdict jsonb[] := array_fill(NULL::jsonb, ARRAY[cardinality(p_op)]);
    v_is_new boolean[] := array_fill(FALSE, ARRAY[cardinality(p_op)]);
    v_holding text[] := '{}';
    v_now timestamptz;
    v_at timestamptz;
    v_effective timestamptz;
    v_head record;
    v_hash bytea;
    v_leaves bytea[];
    v_hashes bytea[];
    v_outcome jsonb;
    v_failed int;
    r record;
    d int; c int; h int; o int; p int;
    v_available numeric;
    v_remaining bigint;
    v_amount bigint;
    v_row boolean;
BEGIN
    IF p_batch IS NOT NULL THEN
        v_outcome := recall_outcome(p_batch ->> 'scope', p_batch ->> 'key', p_batch ->> 'fingerprint');
        IF v_outcome IS NULL AND p_batch ? 'refusal' THEN
            v_outcome := conclude(p_batch, NULL, jsonb_build_object('refusal', p_batch -> 'refusal'));
        END IF;
        IF v_outcome IS NOT NULL THEN
            RETURN QUERY SELECT 1, v_outcome;
            RETURN;
        END IF;
    END IF;

    FOR r IN
        SELECT s.position, a.kind, a.unit, a.status, a.posted, a.held, a.overdraft_limit,
               a.budgeted, -- budgets:
               e.holder_id, e.payer_id, e.payee_id, e.hold_id, e.starts_at, e.ends_at
        FROM unnest(p_accounts) WITH ORDINALITY AS s(id, position)
        JOIN account a ON a.id = s.id
        LEFT JOIN escrow e ON e.account_id = a.id
        ORDER BY a.id COLLATE "C"
        FOR NO KEY UPDATE OF a
    LOOP
        p := r.position;
        a_kind[p] := r.kind; a_unit[p] := r.unit; a_status[p] := r.status;
        a_posted[p] := r.posted; a_held[p] := r.held; a_overdraft[p] := r.overdraft_limit;
        a_budgeted[p] := r.budgeted; -- budgets:
        e_holder[p] := r.holder_id; e_payer[p] := r.payer_id; e_payee[p] := r.payee_id; e_hold[p] := r.hold_id;
        e_starts[p] := r.starts_at; e_ends[p] := r.ends_at;
        IF r.held > 0 THEN v_holding := v_holding || a_id[p]; END IF;
    END LOOP;

    -- After the locks: time spent waiting for them counts.
    v_now := clock_timestamp();

    IF cardinality(v_holding) > 0 OR cardinality(p_holds) > 0 THEN
        FOR r IN
            SELECT x.* FROM hold x
            WHERE x.id IN (
                SELECT unnest(p_holds)
                UNION SELECT y.id FROM hold y
                      WHERE y.debit_id = ANY (v_holding) AND y.status = 'OPEN' AND y.expires_at <= v_now)
            ORDER BY x.id COLLATE "C"
            FOR NO KEY UPDATE OF x
        LOOP
            d := array_position(p_accounts, r.debit_id);
            c := array_position(p_accounts, r.credit_id);
            IF d IS NULL THEN RAISE EXCEPTION 'the batch lacks the account of hold %', r.id; END IF;
            IF r.status = 'OPEN' AND r.expires_at <= v_now THEN
                v_remaining := r.amount - r.captured;
                a_held[d] := a_held[d] - v_remaining;
                a_changed[d] := TRUE;
                x_expired := x_expired || r.id;
                r.status := 'EXPIRED';
                n := n + 1;
                j_kind[n] := 'HOLD_EXPIRED'; j_transfer[n] := NULL; j_hold[n] := r.id;
                j_debit[n] := r.debit_id; j_credit[n] := r.credit_id; j_unit[n] := r.unit;
                j_amount[n] := v_remaining; j_released[n] := 0; j_description[n] := r.reason; j_actor[n] := 'ledger';
                j_invoice[n] := NULL; j_debit_after[n] := a_posted[d]; j_receipt[n] := NULL;
                j_reverses[n] := NULL; j_effective[n] := NULL;
                -- The other account need not be in the batch, and a hold that ends does not change what is posted.
                j_credit_after[n] := coalesce(a_posted[c], (SELECT a.posted FROM account a WHERE a.id = r.credit_id));
            END IF;
            h := array_position(p_holds, r.id);
            IF h IS NOT NULL THEN
                h_status[h] := r.status; h_debit[h] := d; h_credit[h] := c; h_amount[h] := r.amount; h_captured[h] := r.captured;
                h_unit[h] := r.unit; h_expires[h] := r.expires_at;
                h_spender[h] := r.spender_id; h_placed[h] := r.placed_at; -- budgets:
            END IF;
        END LOOP;
    END IF;
    -- budgets: locked between holds and head; late holds are let go there too.
    IF TRUE = ANY (a_budgeted) THEN b_tallies := begin_budgets(p_accounts, x_expired); END IF;
    -- A statement of its own, so that it sees what a transaction that held the holds' locks has invoiced.
    IF cardinality(p_holds) > 0 THEN
        FOR r IN SELECT i.hold_id, i.id FROM invoice i WHERE i.hold_id = ANY (p_holds) AND i.status <> 'VOID' LOOP
            h_invoice[array_position(p_holds, r.hold_id)] := r.id;
        END LOOP;
    END IF;
    -- After the locks as well: whoever reverses a transfer has both its accounts, so the sum stands until the commit.
    IF 'REVERSE' = ANY (p_op) THEN
        o := 0;
        FOR r IN
            SELECT j.transfer_id, j.kind, j.debit_id, j.credit_id, j.amount, x.reversed, x.reversals
            FROM journal_entry j
            CROSS JOIN LATERAL (SELECT coalesce(sum(y.amount), 0)::bigint AS reversed, count(*)::int AS reversals
                                FROM journal_entry y WHERE y.reverses_id = j.transfer_id) x
            WHERE j.transfer_id = ANY (p_original)
        LOOP
            o := o + 1;
            o_id[o] := r.transfer_id; o_kind[o] := r.kind; o_amount[o] := r.amount; o_reversed[o] := r.reversed;
            o_reversals[o] := r.reversals;
            o_debit[o] := array_position(p_accounts, r.debit_id);
            o_credit[o] := array_position(p_accounts, r.credit_id);
        END LOOP;
    END IF;

    FOR r IN
        SELECT t.*, i.fingerprint AS known_fingerprint, i.outcome AS known_outcome,
               min(t.position) OVER (PARTITION BY t.scope, t.key) AS first_position
        FROM unnest(p_op, p_kind, p_debit, p_credit, p_hold, p_id, p_receipt_id, p_unit, p_amount, p_final, p_expires_in,
                    p_resource, p_description, p_invoice_id, p_holder, p_actor, p_scope, p_key, p_fingerprint, p_refusal,
                    p_original, p_effective_ms)
             WITH ORDINALITY
             AS t(op, kind, debit, credit, hold, id, receipt_id, unit, amount, final, expires_in, resource, description,
                  invoice_id, holder, actor, scope, key, fingerprint, refusal, original, effective_ms, position)
        LEFT JOIN platform.idempotency_key i ON i.scope = t.scope AND i.key = t.key
        ORDER BY t.position
    LOOP
        p := r.position;
        IF r.known_fingerprint IS NOT NULL THEN
            v_verdict[p] := CASE WHEN r.known_fingerprint = r.fingerprint THEN r.known_outcome
                                 ELSE '{"refusal": {"code": "IDEMPOTENCY_KEY_REUSED"}}' END;
            CONTINUE;
        END IF;
        IF r.key <> '' AND r.first_position < p THEN
            v_verdict[p] := CASE WHEN p_fingerprint[r.first_position] = r.fingerprint THEN v_verdict[r.first_position]
                                 ELSE '{"refusal": {"code": "IDEMPOTENCY_KEY_REUSED"}}' END;
            CONTINUE;
        END IF;

        v_is_new[p] := TRUE;
        v_row := FALSE;
        h := r.hold;
        -- A hold knows its accounts; what the item says of them has no weight.
        d := CASE WHEN h > 0 THEN h_debit[h] ELSE r.debit END;
        c := CASE WHEN h > 0 THEN h_credit[h] ELSE r.credit END;
        v_amount := r.amount;
        v_effective := NULL;
        -- So does a transfer; what it moved goes the other way.
        IF r.op = 'REVERSE' THEN
            o := array_position(o_id, r.original);
            d := o_credit[o];
            c := o_debit[o];
        END IF;
        <<judgement>>
        BEGIN
            IF r.op = 'REFUSE' THEN
                v_verdict[p] := CASE WHEN r.refusal::jsonb ? 'fault' THEN r.refusal::jsonb
                                     ELSE jsonb_build_object('refusal', r.refusal::jsonb) END;
                EXIT judgement;
            END IF;
            IF a_kind[d] IS NULL OR a_kind[c] IS NULL OR (h > 0 AND h_status[h] IS NULL) THEN
                v_verdict[p] := '{"fault": "NOT_FOUND"}';
                EXIT judgement;
            END IF;

            -- Holds first: whether there is something to capture or release.
            IF h > 0 AND h_status[h] <> 'OPEN' THEN
                v_verdict[p] := CASE WHEN h_status[h] = 'EXPIRED' THEN '{"refusal": {"code": "HOLD_EXPIRED"}}'::jsonb
                                     ELSE '{"refusal": {"code": "HOLD_NOT_OPEN"}}' END;
                EXIT judgement;
            END IF;
            IF r.op = 'RELEASE' THEN
                v_remaining := h_amount[h] - h_captured[h];
                a_held[d] := a_held[d] - v_remaining;
                a_changed[d] := TRUE;
                h_status[h] := 'RELEASED';
                h_changed[h] := TRUE;
                v_amount := v_remaining;
                -- budgets: what is released is free again.
                IF a_budgeted[d] THEN
                    b_tallies := (count_posting(b_tallies, r.op, '', a_id[d], a_id[c], h_spender[h], h_placed[h], 0, v_remaining, '')).p_tallies;
                END IF;
                -- An escrow whose money never came serves nobody.
                IF e_hold[c] = h_id[h] AND h_captured[h] = 0 THEN a_closes[c] := TRUE; END IF;
                v_row := TRUE;
                EXIT judgement;
            END IF;

            IF r.op = 'EXTEND' THEN
                IF r.amount > 0 AND r.unit <> h_unit[h] THEN
                    v_verdict[p] := '{"refusal": {"code": "UNIT_MISMATCH"}}';
                    EXIT judgement;
                END IF;
                IF r.amount > 0 AND r.amount < h_amount[h] THEN
                    v_verdict[p] := '{"refusal": {"code": "HOLD_NOT_LOWERED"}}';
                    EXIT judgement;
                END IF;
                -- From here on it is judged by what it reserves beyond what it does already.
                v_amount := greatest(r.amount - h_amount[h], 0);
                IF v_amount = 0 THEN
                    h_expires[h] := greatest(h_expires[h], v_now + make_interval(secs => r.expires_in));
                    h_extended[h] := TRUE;
                    v_verdict[p] := jsonb_build_object('value', jsonb_build_object('holdId', h_id[h]));
                    EXIT judgement;
                END IF;
            END IF;
            IF r.op = 'REVERSE' THEN
                -- What filled an escrow returns when its grant ends; a refund and a reversal are undone by a new transfer.
                IF o_kind[o] NOT IN ('DEPOSIT', 'TRANSFER', 'CAPTURE', 'USAGE') OR a_kind[d] = 'ESCROW' THEN
                    v_verdict[p] := '{"refusal": {"code": "TRANSFER_NOT_REVERSIBLE"}}';
                    EXIT judgement;
                END IF;
                IF r.amount > 0 AND r.unit <> a_unit[d] THEN
                    v_verdict[p] := '{"refusal": {"code": "UNIT_MISMATCH"}}';
                    EXIT judgement;
                END IF;
                v_remaining := o_amount[o] - o_reversed[o];
                IF v_remaining = 0 THEN
                    v_verdict[p] := '{"refusal": {"code": "ALREADY_REVERSED"}}';
                    EXIT judgement;
                END IF;
                IF r.amount > v_remaining THEN
                    v_verdict[p] := '{"refusal": {"code": "REVERSAL_EXCEEDS_TRANSFER"}}';
                    EXIT judgement;
                END IF;
                IF o_reversals[o] >= c_reversals_max THEN
                    v_verdict[p] := '{"refusal": {"type": "LimitExceeded", "code": "LIMIT_EXCEEDED", "limit": "reversals",
                        "message": "The transfer was reversed in 100 parts already."}}';
                    EXIT judgement;
                END IF;
                IF r.amount = 0 THEN v_amount := v_remaining; END IF;
            END IF;
            IF r.effective_ms <> '' THEN
                v_effective := timestamptz 'epoch' + r.effective_ms::bigint * interval '1 millisecond';
                IF v_effective > v_now OR v_effective < v_now - c_effective_back THEN
                    v_verdict[p] := '{"refusal": {"code": "EFFECTIVE_AT_OUT_OF_RANGE"}}';
                    EXIT judgement;
                END IF;
            END IF;

            IF a_id[d] = a_id[c] THEN
                v_verdict[p] := '{"refusal": {"code": "ACCOUNTS_MUST_DIFFER"}}';
                EXIT judgement;
            END IF;
            IF r.op <> 'REVERSE' AND (r.unit <> a_unit[d] OR r.unit <> a_unit[c]) THEN
                v_verdict[p] := CASE WHEN EXISTS (SELECT 1 FROM unit u WHERE u.name = r.unit)
                                     THEN '{"refusal": {"code": "UNIT_MISMATCH"}}'::jsonb
                                     ELSE '{"refusal": {"code": "UNIT_UNKNOWN"}}' END;
                EXIT judgement;
            END IF;

            -- Who may be debited by what. An escrow pays its own payee, or gives back to its own payer, and no other.
            IF (a_kind[d] = 'ISSUANCE') <> (r.op = 'TRANSFER' AND r.kind = 'DEPOSIT')
                OR (a_kind[d] = 'ESCROW' AND r.op = 'TRANSFER' AND r.kind NOT IN ('USAGE', 'REFUND'))
                OR (a_kind[d] <> 'ESCROW' AND r.op = 'TRANSFER' AND r.kind IN ('USAGE', 'REFUND')
                    -- Metered use, and what a correction of it gives back.
                    AND NOT (r.kind = 'USAGE' AND a_kind[d] IN ('PERSONAL', 'GROUP') AND a_kind[c] = 'REVENUE')
                    AND NOT (r.kind = 'REFUND' AND a_kind[d] = 'REVENUE' AND a_kind[c] IN ('PERSONAL', 'GROUP')))
                OR (a_kind[d] = 'ESCROW' AND r.op IN ('HOLD', 'EXTEND') AND r.holder IS DISTINCT FROM e_holder[d])
            THEN
                v_verdict[p] := '{"fault": "FORBIDDEN"}';
                EXIT judgement;
            END IF;
            IF a_kind[d] = 'ESCROW' THEN
                IF a_id[c] <> (CASE WHEN r.kind = 'REFUND' THEN e_payer[d] ELSE e_payee[d] END) THEN
                    v_verdict[p] := '{"refusal": {"code": "ESCROW_WRONG_PAYEE"}}';
                    EXIT judgement;
                END IF;
                -- What was held inside the window may be captured after it: a job ends later than it was submitted.
                IF r.op IN ('HOLD', 'EXTEND') AND (v_now < e_starts[d] OR v_now >= e_ends[d]) THEN
                    v_verdict[p] := '{"refusal": {"code": "OUTSIDE_WINDOW"}}';
                    EXIT judgement;
                END IF;
            END IF;
            -- Money reaches an escrow through its own opening hold alone, so that what is returned was paid for; and by the
            -- reversal of what it paid itself. To ISSUANCE a deposit alone returns, by its reversal.
            IF r.op <> 'REVERSE' AND (a_kind[c] = 'ISSUANCE'
                OR (a_kind[c] = 'ESCROW' AND NOT (r.op = 'HOLD' AND r.id = e_hold[c])
                                         AND NOT (r.op = 'CAPTURE' AND h_id[h] = e_hold[c])))
            THEN
                v_verdict[p] := '{"refusal": {"code": "ACCOUNT_TAKES_NO_TRANSFERS"}}';
                EXIT judgement;
            END IF;
            IF a_status[d] = 'CLOSED' OR a_status[c] = 'CLOSED' THEN
                v_verdict[p] := '{"refusal": {"code": "ACCOUNT_CLOSED"}}';
                EXIT judgement;
            END IF;
            IF a_status[d] = 'FROZEN' THEN
                v_verdict[p] := '{"refusal": {"code": "ACCOUNT_FROZEN"}}';
                EXIT judgement;
            END IF;

            IF r.op = 'CAPTURE' THEN
                v_remaining := h_amount[h] - h_captured[h];
                IF r.amount > v_remaining THEN
                    v_verdict[p] := '{"refusal": {"code": "CAPTURE_EXCEEDS_HOLD"}}';
                    EXIT judgement;
                END IF;
            ELSE
                v_available := a_posted[d]::numeric + a_overdraft[d] - a_held[d];
                IF a_kind[d] <> 'ISSUANCE' AND v_amount > v_available THEN
                    v_verdict[p] := jsonb_build_object('refusal', jsonb_build_object(
                        'code', 'INSUFFICIENT_FUNDS', 'accountId', a_id[d], 'unit', a_unit[d],
                        'available', v_available::text, 'shortfall', (v_amount - v_available)::text));
                    EXIT judgement;
                END IF;
            END IF;
            -- Written so that neither side can leave BIGINT. The most negative value is not used.
            IF (r.op IN ('HOLD', 'EXTEND') AND a_held[d] > c_max - v_amount)
                OR (r.op NOT IN ('HOLD', 'EXTEND')
                    AND (a_posted[c] > c_max - v_amount OR a_posted[d] < v_amount - c_max))
            THEN
                v_verdict[p] := '{"refusal": {"code": "AMOUNT_TOO_LARGE"}}';
                EXIT judgement;
            END IF;

            -- budgets: the last that may refuse.
            IF a_budgeted[d] OR a_budgeted[c] THEN
                SELECT b.* INTO b_tallies, b_refusal FROM count_posting(b_tallies, r.op, r.kind, a_id[d], a_id[c],
                    CASE WHEN h > 0 THEN h_spender[h] WHEN r.op = 'HOLD' THEN coalesce(nullif(r.holder, ''), e_holder[c], r.actor)
                         ELSE r.actor END,
                    CASE WHEN h > 0 THEN h_placed[h] ELSE v_now END, v_amount,
                    CASE WHEN r.op <> 'CAPTURE' THEN 0 WHEN r.final THEN v_remaining ELSE r.amount END, r.original) b;
                IF b_refusal IS NOT NULL THEN
                    v_verdict[p] := b_refusal;
                    EXIT judgement;
                END IF;
            END IF;

            IF r.op = 'HOLD' THEN
                a_held[d] := a_held[d] + r.amount;
                a_changed[d] := TRUE;
                m := m + 1;
                k_spender[m] := coalesce(nullif(r.holder, ''), e_holder[c], r.actor); -- budgets:
                k_id[m] := r.id; k_debit[m] := a_id[d]; k_credit[m] := a_id[c]; k_unit[m] := r.unit;
                k_amount[m] := r.amount; k_placed_by[m] := r.actor; k_resource[m] := nullif(r.resource, '');
                k_reason[m] := r.description; k_expires_in[m] := r.expires_in;
            ELSIF r.op = 'EXTEND' THEN
                a_held[d] := a_held[d] + v_amount;
                a_changed[d] := TRUE;
                h_amount[h] := r.amount;
                h_expires[h] := greatest(h_expires[h], v_now + make_interval(secs => r.expires_in));
                h_extended[h] := TRUE;
            ELSE
                a_posted[d] := a_posted[d] - v_amount;
                a_posted[c] := a_posted[c] + v_amount;
                a_changed[d] := TRUE;
                a_changed[c] := TRUE;
                IF r.op = 'REVERSE' THEN
                    o_reversed[o] := o_reversed[o] + v_amount;
                    o_reversals[o] := o_reversals[o] + 1;
                END IF;
            END IF;
            IF r.op = 'CAPTURE' THEN
                h_captured[h] := h_captured[h] + r.amount;
                h_changed[h] := TRUE;
                v_remaining := v_remaining - r.amount;
                IF r.final OR v_remaining = 0 THEN
                    h_status[h] := 'CAPTURED';
                    a_held[d] := a_held[d] - r.amount - v_remaining;
                ELSE
                    a_held[d] := a_held[d] - r.amount;
                    v_remaining := 0;
                END IF;
            END IF;
            v_row := TRUE;
        END judgement;
        IF NOT v_verdict[p] ? 'value' AND p_batch ? 'linked' THEN
            v_failed := p;
            EXIT;
        END IF;
        CONTINUE WHEN NOT v_row;

        n := n + 1;
        j_kind[n] := CASE r.op WHEN 'TRANSFER' THEN r.kind WHEN 'CAPTURE' THEN 'CAPTURE'
                               WHEN 'REVERSE' THEN 'REVERSAL' WHEN 'HOLD' THEN 'HOLD_PLACED'
                               WHEN 'EXTEND' THEN 'HOLD_EXTENDED' ELSE 'HOLD_RELEASED' END;
        j_transfer[n] := CASE WHEN r.op IN ('TRANSFER', 'CAPTURE', 'REVERSE') THEN r.id END;
        j_hold[n] := CASE WHEN r.op = 'HOLD' THEN r.id WHEN h > 0 THEN h_id[h] END;
        j_debit[n] := a_id[d]; j_credit[n] := a_id[c]; j_unit[n] := a_unit[d];
        j_amount[n] := v_amount;
        j_released[n] := CASE WHEN r.op = 'CAPTURE' THEN v_remaining ELSE 0 END;
        j_description[n] := r.description; j_actor[n] := r.actor;
        j_invoice[n] := CASE WHEN r.op = 'CAPTURE' THEN h_invoice[h] ELSE nullif(r.invoice_id, '') END;
        j_debit_after[n] := a_posted[d]; j_credit_after[n] := a_posted[c];
        j_receipt[n] := CASE WHEN r.op = 'CAPTURE' THEN r.receipt_id END;
        j_reverses[n] := CASE WHEN r.op = 'REVERSE' THEN r.original END;
        j_effective[n] := v_effective;
        v_verdict[p] := jsonb_build_object('value', jsonb_strip_nulls(jsonb_build_object(
            'transferId', j_transfer[n], 'holdId', j_hold[n], 'receiptId', j_receipt[n])));
    END LOOP;

    -- Nothing is written yet: the same batch again, all of it refused, forgets what was judged before the item that failed.
    IF v_failed IS NOT NULL THEN
        RETURN QUERY SELECT b.ord, b.verdict FROM post_batch(
            p_accounts, p_holds, array_fill('REFUSE'::text, ARRAY[cardinality(p_op)]), p_kind, p_debit, p_credit, p_hold, p_id,
            p_receipt_id, p_unit, p_amount, p_final, p_expires_in, p_resource, p_description, p_invoice_id, p_holder, p_actor,
            p_scope, p_key, p_operation, p_fingerprint,
            (SELECT array_agg(CASE WHEN t.position = v_failed
                                   THEN coalesce(v_verdict[v_failed] -> 'refusal', v_verdict[v_failed])
                                   ELSE jsonb_build_object('type', 'InvalidInput', 'code', 'LINKED_FAILED',
                                            'message', 'Not done, because the item at `path` was refused.',
                                            'path', jsonb_build_array('transfers', (v_failed - 1)::text)) END::text
                              ORDER BY t.position)
             FROM unnest(p_op) WITH ORDINALITY AS t(op, position)),
            p_audit_id, p_request_id, p_client_ip, p_original, p_effective_ms, p_batch - 'linked') b;
        RETURN;
    END IF;

    IF n > 0 THEN
        SELECT * INTO STRICT v_head FROM chain_head WHERE "only" FOR NO KEY UPDATE;
        -- Should the clock step back, the journal's time stands still until it has caught up.
        v_at := greatest(clock_timestamp(), v_head.recorded_at);
        v_hash := v_head.entry_hash;
        -- budgets:
        IF TRUE = ANY (a_budgeted) THEN PERFORM keep_tallies(b_tallies, p_accounts, v_at, v_now); END IF;

        -- The canonical form of a row; verify_ledger() repeats it to the letter. It is not wrapped in a function, since a
        -- call for each row halves the throughput.
        SELECT array_agg(convert_to(json_build_array(
                   (v_head.sequence + t.position)::text, t.kind, t.transfer_id, t.hold_id, t.debit_id, t.credit_id, t.unit,
                   t.amount::text, t.released::text, t.description, t.actor, t.invoice_id, t.debit_after::text,
                   t.credit_after::text, (extract(epoch FROM v_at) * 1000000)::bigint::text,
                   (extract(epoch FROM coalesce(t.effective_at, v_at)) * 1000000)::bigint::text)::text
                   -- What a reversal undoes stands behind the list: other rows keep the form they had before there were any.
                   || CASE WHEN t.reverses_id IS NULL THEN '' ELSE json_build_array(t.reverses_id)::text END, 'UTF8')
               ORDER BY t.position)
        INTO v_leaves
        FROM unnest(j_kind, j_transfer, j_hold, j_debit, j_credit, j_unit, j_amount, j_released, j_description, j_actor,
                    j_invoice, j_debit_after, j_credit_after, j_reverses, j_effective) WITH ORDINALITY
             AS t(kind, transfer_id, hold_id, debit_id, credit_id, unit, amount, released, description, actor, invoice_id,
                  debit_after, credit_after, reverses_id, effective_at, position);
        FOR i IN 1..n LOOP
            v_hash := sha256(v_hash || v_leaves[i]);
            v_hashes[i] := v_hash;
        END LOOP;

        INSERT INTO journal_entry (sequence, kind, transfer_id, hold_id, debit_id, credit_id, unit, amount, released,
            description, actor, invoice_id, debit_balance_after, credit_balance_after, recorded_at, effective_at, entry_hash,
            reverses_id)
        SELECT v_head.sequence + t.position, t.kind, t.transfer_id, t.hold_id, t.debit_id, t.credit_id, t.unit, t.amount,
               t.released, t.description, t.actor, t.invoice_id, t.debit_after, t.credit_after, v_at,
               coalesce(t.effective_at, v_at), t.entry_hash, t.reverses_id
        FROM unnest(j_kind, j_transfer, j_hold, j_debit, j_credit, j_unit, j_amount, j_released, j_description, j_actor,
                    j_invoice, j_debit_after, j_credit_after, v_hashes, j_reverses, j_effective) WITH ORDINALITY
             AS t(kind, transfer_id, hold_id, debit_id, credit_id, unit, amount, released, description, actor, invoice_id,
                  debit_after, credit_after, entry_hash, reverses_id, effective_at, position);
        UPDATE chain_head SET sequence = sequence + n, entry_hash = v_hash, recorded_at = v_at WHERE "only";

        UPDATE account a
        SET posted = t.posted, held = t.held, status = CASE WHEN t.closes THEN 'CLOSED' ELSE a.status END
        FROM unnest(a_id, a_posted, a_held, a_changed, a_closes) AS t(id, posted, held, changed, closes)
        WHERE a.id = t.id AND (t.changed OR t.closes);
        UPDATE escrow e SET closed_at = v_at FROM unnest(a_id, a_closes) AS t(id, closes)
        WHERE e.account_id = t.id AND t.closes;

        IF m > 0 THEN
            INSERT INTO hold (id, debit_id, credit_id, unit, amount, placed_by, resource, reason, placed_at, expires_at,
                spender_id) -- budgets:
            SELECT t.id, t.debit_id, t.credit_id, t.unit, t.amount, t.placed_by, t.resource, t.reason, v_at,
                   v_at + make_interval(secs => t.expires_in), t.spender_id
            FROM unnest(k_id, k_debit, k_credit, k_unit, k_amount, k_placed_by, k_resource, k_reason, k_expires_in, k_spender)
                 AS t(id, debit_id, credit_id, unit, amount, placed_by, resource, reason, expires_in, spender_id);
        END IF;
        IF cardinality(x_expired) > 0 THEN
            UPDATE hold SET status = 'EXPIRED' WHERE id = ANY (x_expired);
        END IF;
        IF TRUE = ANY (h_changed) THEN
            UPDATE hold x SET status = t.status, captured = t.captured
            FROM unnest(h_id, h_status, h_captured, h_changed) AS t(id, status, captured, changed)
            WHERE x.id = t.id AND t.changed;
            UPDATE invoice i SET status = 'PAID'
            FROM unnest(h_invoice, h_captured, h_changed) AS t(id, captured, changed)
            WHERE i.id = t.id AND t.changed AND t.captured >= i.total;
            -- One series for each payee's owner; what an escrow receives is received by its payee.
            WITH received AS (
                SELECT t.id, t.sequence, t.hold_id, t.invoice_id, payee.owner_id
                FROM (SELECT u.id, v_head.sequence + u.position AS sequence, u.hold_id, u.invoice_id, u.credit_id
                      FROM unnest(j_receipt, j_hold, j_invoice, j_credit) WITH ORDINALITY
                           AS u(id, hold_id, invoice_id, credit_id, position)
                      WHERE u.id IS NOT NULL) t
                LEFT JOIN escrow e ON e.account_id = t.credit_id
                JOIN account payee ON payee.id = coalesce(e.payee_id, t.credit_id)
            ), numbered AS (
                INSERT INTO number_series AS s (owner_id, kind, last_number)
                SELECT owner_id, 'RECEIPT', count(*) FROM received GROUP BY owner_id ORDER BY owner_id
                ON CONFLICT (owner_id, kind) DO UPDATE SET last_number = s.last_number + excluded.last_number
                RETURNING s.owner_id, s.last_number
            )
            INSERT INTO receipt (id, series_owner_id, number, sequence, hold_id, invoice_id)
            SELECT q.id, q.owner_id,
                   s.last_number - count(*) OVER (PARTITION BY q.owner_id)
                                 + row_number() OVER (PARTITION BY q.owner_id ORDER BY q.sequence),
                   q.sequence, q.hold_id, q.invoice_id
            FROM received q JOIN numbered s ON s.owner_id = q.owner_id;
        END IF;
    END IF;

    -- Time alone changes nothing that is reserved, so it needs no row of the journal.
    IF TRUE = ANY (h_extended) THEN
        UPDATE hold x SET amount = t.amount, expires_at = t.expires_at
        FROM unnest(h_id, h_amount, h_expires, h_extended) AS t(id, amount, expires_at, extended)
        WHERE x.id = t.id AND t.extended;
    END IF;

    INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint, outcome)
    SELECT t.scope, t.key, t.operation, t.fingerprint, t.verdict
    FROM unnest(p_scope, p_key, p_operation, p_fingerprint, v_verdict, v_is_new)
         AS t(scope, key, operation, fingerprint, verdict, is_new)
    WHERE t.is_new AND t.key <> '' AND NOT t.verdict ? 'fault'
    ORDER BY t.scope, t.key;

    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
    SELECT t.audit_id, t.actor, t.operation,
           coalesce(t.verdict #>> '{value,transferId}', t.verdict #>> '{value,holdId}', h_id[nullif(t.hold, 0)],
                    a_id[nullif(t.debit, 0)]),
           coalesce(t.verdict #>> '{refusal,code}', t.verdict ->> 'fault', 'OK'), t.request_id, t.client_ip,
           CASE WHEN t.op <> 'REFUSE' THEN jsonb_strip_nulls(jsonb_build_object(
               'debit', a_id[nullif(t.debit, 0)], 'credit', a_id[nullif(t.credit, 0)], 'amountMicros', nullif(t.amount, 0)::text,
               'unit', nullif(t.unit, ''))) END
    FROM unnest(p_audit_id, p_actor, p_operation, p_op, p_debit, p_credit, p_hold, p_amount, p_unit, p_request_id,
                p_client_ip, v_verdict, v_is_new)
         AS t(audit_id, actor, operation, op, debit, credit, hold, amount, unit, request_id, client_ip, verdict, is_new)
    WHERE t.is_new AND t.audit_id <> '';

    IF p_batch IS NOT NULL THEN
        v_outcome := jsonb_build_object('value', jsonb_build_object('results', to_jsonb(v_verdict)));
        INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint, outcome)
        VALUES (p_batch ->> 'scope', p_batch ->> 'key', p_batch ->> 'operation', p_batch ->> 'fingerprint', v_outcome);
        RETURN QUERY SELECT 1, v_outcome;
        RETURN;
    END IF;
    RETURN QUERY SELECT t.position::int, t.verdict FROM unnest(v_verdict) WITH ORDINALITY AS t(verdict, position);
END $$;

REVOKE ALL ON FUNCTION "post_batch" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "post_batch" TO __APP_ROLE__;
