-- What a row of the journal is made from. Not the table's own row type: a column that a later version adds must not make
-- this function fail in the replicas that still serve.
CREATE TYPE "journal_draft" AS (
    "sequence" bigint, "kind" text, "transfer_id" text, "hold_id" text, "debit_id" text, "credit_id" text, "unit" text,
    "amount" bigint, "released" bigint, "description" text, "actor" text, "invoice_id" text, "debit_balance_after" bigint,
    "credit_balance_after" bigint, "recorded_at" timestamptz, "effective_at" timestamptz, "reverses_id" text
);

-- The posting function: whatever moves or reserves money comes through here.
--
-- One call takes a batch in parallel arrays and does, in this order:
--   1. claims the items' keys, each with the answer that it has if the item is done: the ids are known beforehand. Where
--      some are taken, those items get what the first call got, also when the account has since run short;
--   2. locks the accounts in the order of their ids, then the holds in the order of theirs; tells the time; lets holds
--      whose time ran out go, on every account of the batch;
--   3. judges the items in order on running sums, since a refused one changes what follows;
--   4. locks the chain's head, last; hashes the accepted rows in order; writes journal, holds, receipts and accounts;
--   5. corrects the answers of what was not done, and writes one audit entry for each item that was judged.
-- Every function that locks keeps the order keys, accounts, holds, budgets, head, invoices, number series: so nothing deadlocks.
-- A unique violation means that a key was judged in another transaction meanwhile: the caller repeats the batch.
--
-- Texts that are '' and positions that are 0 stand for "none". Accounts and holds are dictionaries; the items refer to
-- them by 1-based position. Operations:
--   TRANSFER  debit, credit, unit, amount, kind (DEPOSIT TRANSFER USAGE REFUND ADJUSTMENT), id = transfer
--   HOLD      debit, credit, unit, amount, expires_in (seconds), id = hold
--   CAPTURE   hold (both its accounts in the dictionary), unit, amount, final, id = transfer, receipt_id
--   RELEASE   hold (both its accounts in the dictionary)
--   EXTEND    hold (both its accounts in the dictionary); expires_in: how long it lasts from now, never shorter than it does
--             anyway; unit, amount: what it shall reserve in all, never less than it does; either of the two may be 0
--   REVERSE   original = the transfer to undo (both its accounts in the dictionary), id = transfer; unit, amount, or 0 for
--             all that is not reversed yet
--   REFUSE    refusal: judged already, from the input alone; only to be remembered. {"fault": code} is handed through
-- effective_ms, of a TRANSFER: when it counts from, in milliseconds since 1970, or '' for when it is recorded.
-- A verdict is {"value": {"transferId", "holdId", "receiptId"}}, {"refusal": {...}}, or {"fault": code}, which is not kept.
--
-- With p_batch the items have no keys of their own but stand together under one: scope, key, operation, fingerprint;
-- refusal where the input as a whole was refused (with actor, auditId, requestId, clientIp, for its audit entry). The
-- answer is then one row: {"value": {"results": [verdict, ...]}}, or the refusal of the whole. Where p_batch has `linked`
-- the items are done together or not at all.
--
-- Lines marked `budgets:` do nothing for accounts that no budget looks at; 20261128100100_budgets has what they call.
--
-- What keeps it fast (bench/README.md has the figures): one statement for a kind of row, whatever the size of the batch;
-- sums and positions in arrays, which plpgsql reads at once, where a loop over a query makes a record for each item; plans
-- that are made once, since the sizes of the arrays, which a plan for each call would look at, change nothing.
CREATE FUNCTION "post_batch"(
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
SET plan_cache_mode = force_generic_plan
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
    c_items CONSTANT int := cardinality(p_op);
    c_accounts CONSTANT int := cardinality(p_accounts);
    c_holds CONSTANT int := cardinality(p_holds);
    -- The accounts, by position in p_accounts.
    a_kind text[]; a_unit text[]; a_status text[]; a_posted bigint[]; a_held bigint[]; a_overdraft bigint[];
    -- ESCROW and ISSUANCE have rules of their own.
    a_special boolean[];
    -- Where each row stands.
    a_tid tid[];
    a_changed boolean[] := array_fill(FALSE, ARRAY[c_accounts]);
    a_closes boolean[] := a_changed;
    -- What only escrows have.
    e_holder text[]; e_payer text[]; e_payee text[]; e_hold text[]; e_starts timestamptz[]; e_ends timestamptz[];
    -- The holds, by position in p_holds.
    h_status text[] := array_fill(NULL::text, ARRAY[c_holds]);
    h_invoice text[] := h_status;
    h_unit text[] := h_status;
    h_debit int[] := array_fill(NULL::int, ARRAY[c_holds]);
    h_credit int[] := h_debit;
    h_amount bigint[] := array_fill(NULL::bigint, ARRAY[c_holds]);
    h_captured bigint[] := h_amount;
    h_changed boolean[] := array_fill(FALSE, ARRAY[c_holds]);
    h_expires timestamptz[] := array_fill(NULL::timestamptz, ARRAY[c_holds]);
    h_extended boolean[] := h_changed;
    -- The holds whose time ran out, as rows to append.
    x_id text[] := '{}'; x_debit text[]; x_credit text[]; x_unit text[]; x_amount bigint[]; x_reason text[];
    x_debit_after bigint[]; x_credit_after bigint[];
    -- The transfers to be reversed, in the order they are found.
    o_id text[] := '{}'; o_kind text[]; o_debit int[]; o_credit int[]; o_amount bigint[]; o_reversed bigint[];
    o_reversals int[];
    -- By item: whether a row is appended for it, and what that row says beyond the item itself.
    i_done boolean[] := array_fill(FALSE, ARRAY[c_items]);
    i_debit int[] := p_debit;
    i_credit int[] := p_credit;
    i_amount bigint[] := p_amount;
    i_released bigint[] := array_fill(0::bigint, ARRAY[c_items]);
    i_debit_after bigint[] := i_released;
    i_credit_after bigint[] := i_released;
    i_effective timestamptz[] := array_fill(NULL::timestamptz, ARRAY[c_items]);
    -- By item: 0 where it is to be judged, the position of the item before it that has its key, or -1 where it is answered.
    i_repeats int[] := array_fill(0, ARRAY[c_items]);
    v_verdict jsonb[];
    v_repeated boolean := FALSE;
    v_is_linked CONSTANT boolean := coalesce(p_batch ? 'linked', FALSE);
    v_failed int;
    -- What a linked batch that fails goes back to.
    s_posted bigint[]; s_held bigint[]; s_changed boolean[];
    -- budgets: whether any looks at an account of the batch, and at which; what they have counted, now, before an item, and
    -- before all.
    v_budgeted boolean;
    a_budgeted boolean[];
    b_tallies text; b_before text; s_tallies text;
    v_found int;
    v_written int;
    v_holding text[];
    v_has_escrow boolean;
    v_now timestamptz;
    v_at timestamptz;
    v_effective timestamptz;
    v_head record;
    v_hash bytea;
    v_rows journal_draft[];
    v_leaves bytea[];
    v_hashes bytea[];
    v_outcome jsonb;
    v_op text;
    v_kind text;
    v_unit text;
    v_amount bigint;
    v_remaining bigint;
    v_available numeric;
    n int := 0;
    r record;
    d int; c int; h int; o int;
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

    -- What each item is answered where it is done.
    SELECT array_agg(CASE t.op
               WHEN 'TRANSFER' THEN jsonb_build_object('value', jsonb_build_object('transferId', t.id))
               WHEN 'REVERSE' THEN jsonb_build_object('value', jsonb_build_object('transferId', t.id))
               WHEN 'HOLD' THEN jsonb_build_object('value', jsonb_build_object('holdId', t.id))
               WHEN 'CAPTURE' THEN jsonb_build_object('value', jsonb_build_object(
                   'transferId', t.id, 'holdId', p_holds[t.hold], 'receiptId', t.receipt_id))
               WHEN 'REFUSE' THEN CASE WHEN t.refusal::jsonb ? 'fault' THEN t.refusal::jsonb
                                       ELSE jsonb_build_object('refusal', t.refusal::jsonb) END
               ELSE jsonb_build_object('value', jsonb_build_object('holdId', p_holds[t.hold])) END ORDER BY t.position)
    INTO v_verdict
    FROM unnest(p_op, p_id, p_hold, p_receipt_id, p_refusal) WITH ORDINALITY AS t(op, id, hold, receipt_id, refusal, position);

    IF p_batch IS NULL AND c_items > 0 THEN
        BEGIN
            -- In an order that every call keeps: of two that claim the same keys one waits for the other.
            INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint, outcome)
            SELECT t.scope, t.key, t.operation, t.fingerprint, t.verdict
            FROM unnest(p_scope, p_key, p_operation, p_fingerprint, v_verdict) AS t(scope, key, operation, fingerprint, verdict)
            WHERE t.key <> '' AND NOT t.verdict ? 'fault'
            ORDER BY t.scope COLLATE "C", t.key COLLATE "C";
        EXCEPTION WHEN unique_violation THEN
            v_repeated := TRUE;
        END;
    END IF;
    IF v_repeated THEN
        FOR r IN
            SELECT t.position, t.fingerprint, i.fingerprint AS known_fingerprint, i.outcome AS known_outcome,
                   min(t.position) OVER (PARTITION BY t.scope, t.key) AS first_position
            FROM unnest(p_scope, p_key, p_fingerprint) WITH ORDINALITY AS t(scope, key, fingerprint, position)
            LEFT JOIN platform.idempotency_key i ON i.scope = t.scope AND i.key = t.key
            WHERE t.key <> ''
        LOOP
            IF r.known_fingerprint IS NOT NULL THEN
                i_repeats[r.position] := -1;
                v_verdict[r.position] := CASE WHEN r.known_fingerprint = r.fingerprint THEN r.known_outcome
                                              ELSE '{"refusal": {"code": "IDEMPOTENCY_KEY_REUSED"}}' END;
            ELSIF r.first_position < r.position AND p_fingerprint[r.first_position] = r.fingerprint THEN
                i_repeats[r.position] := r.first_position;
            ELSIF r.first_position < r.position THEN
                i_repeats[r.position] := -1;
                v_verdict[r.position] := '{"refusal": {"code": "IDEMPOTENCY_KEY_REUSED"}}';
            END IF;
        END LOOP;
        INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint, outcome)
        SELECT t.scope, t.key, t.operation, t.fingerprint, t.verdict
        FROM unnest(p_scope, p_key, p_operation, p_fingerprint, v_verdict, i_repeats)
             AS t(scope, key, operation, fingerprint, verdict, repeats)
        WHERE t.key <> '' AND t.repeats = 0 AND NOT t.verdict ? 'fault'
        ORDER BY t.scope COLLATE "C", t.key COLLATE "C";
    END IF;

    SELECT count(*), array_agg(l.kind ORDER BY l.position), array_agg(l.unit ORDER BY l.position),
           array_agg(l.status ORDER BY l.position), array_agg(l.posted ORDER BY l.position),
           array_agg(l.held ORDER BY l.position), array_agg(l.overdraft_limit ORDER BY l.position),
           array_agg(l.kind IN ('ESCROW', 'ISSUANCE') ORDER BY l.position), array_agg(l.ctid ORDER BY l.position),
           array_agg(l.id) FILTER (WHERE l.held > 0), coalesce(bool_or(l.kind = 'ESCROW'), FALSE),
           coalesce(bool_or(l.budgeted), FALSE) -- budgets:
    INTO v_found, a_kind, a_unit, a_status, a_posted, a_held, a_overdraft, a_special, a_tid, v_holding, v_has_escrow,
         v_budgeted -- budgets:
    FROM (SELECT s.position, a.ctid, a.id, a.kind, a.unit, a.status, a.posted, a.held, a.overdraft_limit,
                 a.budgeted -- budgets:
          FROM unnest(p_accounts) WITH ORDINALITY AS s(id, position)
          JOIN account a ON a.id = s.id
          ORDER BY a.id COLLATE "C"
          FOR NO KEY UPDATE OF a) l;
    -- Some do not exist; the others are locked, and stand at their positions.
    IF v_found < c_accounts THEN
        SELECT array_agg(a.kind ORDER BY s.position), array_agg(a.unit ORDER BY s.position),
               array_agg(a.status ORDER BY s.position), array_agg(a.posted ORDER BY s.position),
               array_agg(a.held ORDER BY s.position), array_agg(a.overdraft_limit ORDER BY s.position),
               array_agg(a.kind IN ('ESCROW', 'ISSUANCE') ORDER BY s.position), array_agg(a.ctid ORDER BY s.position)
        INTO a_kind, a_unit, a_status, a_posted, a_held, a_overdraft, a_special, a_tid
        FROM unnest(p_accounts) WITH ORDINALITY AS s(id, position) LEFT JOIN account a ON a.id = s.id;
    END IF;
    IF v_has_escrow THEN
        e_holder := array_fill(NULL::text, ARRAY[c_accounts]);
        e_payer := e_holder; e_payee := e_holder; e_hold := e_holder;
        e_starts := array_fill(NULL::timestamptz, ARRAY[c_accounts]);
        e_ends := e_starts;
        FOR r IN SELECT s.position, e.* FROM unnest(p_accounts) WITH ORDINALITY AS s(id, position)
                 JOIN escrow e ON e.account_id = s.id
        LOOP
            e_holder[r.position] := r.holder_id; e_payer[r.position] := r.payer_id; e_payee[r.position] := r.payee_id;
            e_hold[r.position] := r.hold_id; e_starts[r.position] := r.starts_at; e_ends[r.position] := r.ends_at;
        END LOOP;
    END IF;

    -- After the locks: time spent waiting for them counts.
    v_now := clock_timestamp();

    IF v_holding IS NOT NULL OR c_holds > 0 THEN
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
                r.status := 'EXPIRED';
                n := n + 1;
                x_id[n] := r.id; x_debit[n] := r.debit_id; x_credit[n] := r.credit_id; x_unit[n] := r.unit;
                x_amount[n] := v_remaining; x_reason[n] := r.reason; x_debit_after[n] := a_posted[d];
                -- The other account need not be in the batch, and a hold that ends does not change what is posted.
                x_credit_after[n] := coalesce(a_posted[c], (SELECT a.posted FROM account a WHERE a.id = r.credit_id));
            END IF;
            h := array_position(p_holds, r.id);
            IF h IS NOT NULL THEN
                h_status[h] := r.status; h_debit[h] := d; h_credit[h] := c; h_amount[h] := r.amount; h_captured[h] := r.captured;
                h_unit[h] := r.unit; h_expires[h] := r.expires_at;
            END IF;
        END LOOP;
    END IF;
    -- budgets: locked between holds and head; late holds are let go there too.
    IF v_budgeted THEN
        SELECT array_agg(a.budgeted ORDER BY s.position) INTO a_budgeted
        FROM unnest(p_accounts) WITH ORDINALITY AS s(id, position) LEFT JOIN account a ON a.id = s.id;
        b_tallies := begin_budgets(p_accounts, x_id);
        s_tallies := b_tallies;
    END IF;
    -- A statement of its own, so that it sees what a transaction that held the holds' locks has invoiced.
    IF c_holds > 0 THEN
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
    IF v_is_linked THEN
        s_posted := a_posted; s_held := a_held; s_changed := a_changed;
    END IF;

    FOR p IN 1..c_items LOOP
        IF v_repeated AND i_repeats[p] <> 0 THEN
            IF i_repeats[p] > 0 THEN v_verdict[p] := v_verdict[i_repeats[p]]; END IF;
            CONTINUE;
        END IF;
        v_op := p_op[p];
        IF v_op = 'REFUSE' THEN
            IF v_is_linked THEN v_failed := p; EXIT; END IF;
            CONTINUE;
        END IF;
        v_kind := p_kind[p];
        v_unit := p_unit[p];
        v_amount := p_amount[p];
        h := p_hold[p];
        d := p_debit[p];
        c := p_credit[p];
        -- A hold knows its accounts; what the item says of them has no weight.
        IF h > 0 THEN
            d := h_debit[h];
            c := h_credit[h];
        -- So does a transfer; what it moved goes the other way.
        ELSIF v_op = 'REVERSE' THEN
            o := array_position(o_id, p_original[p]);
            d := o_credit[o];
            c := o_debit[o];
        END IF;
        v_outcome := NULL;
        b_before := b_tallies; -- budgets:
        <<judgement>>
        BEGIN
            IF a_kind[d] IS NULL OR a_kind[c] IS NULL OR (h > 0 AND h_status[h] IS NULL) THEN
                v_outcome := '{"fault": "NOT_FOUND"}';
                EXIT judgement;
            END IF;

            -- Holds first: whether there is something to capture or release.
            IF h > 0 THEN
                IF h_status[h] <> 'OPEN' THEN
                    v_outcome := CASE WHEN h_status[h] = 'EXPIRED' THEN '{"refusal": {"code": "HOLD_EXPIRED"}}'::jsonb
                                      ELSE '{"refusal": {"code": "HOLD_NOT_OPEN"}}' END;
                    EXIT judgement;
                END IF;
                IF v_op = 'RELEASE' THEN
                    v_amount := h_amount[h] - h_captured[h];
                    a_held[d] := a_held[d] - v_amount;
                    a_changed[d] := TRUE;
                    h_status[h] := 'RELEASED';
                    h_changed[h] := TRUE;
                    -- budgets: what is released is free again.
                    IF v_budgeted AND a_budgeted[d] THEN
                        b_tallies := (count_posting(b_tallies, v_op, '', p_accounts[d], p_accounts[c], p_holds[h], '', v_now, 0,
                                                    v_amount, '')).p_tallies;
                    END IF;
                    -- An escrow whose money never came serves nobody.
                    IF e_hold[c] = p_holds[h] AND h_captured[h] = 0 THEN a_closes[c] := TRUE; END IF;
                    i_done[p] := TRUE;
                    EXIT judgement;
                END IF;
                IF v_op = 'EXTEND' THEN
                    IF v_amount > 0 AND v_unit <> h_unit[h] THEN
                        v_outcome := '{"refusal": {"code": "UNIT_MISMATCH"}}';
                        EXIT judgement;
                    END IF;
                    IF v_amount > 0 AND v_amount < h_amount[h] THEN
                        v_outcome := '{"refusal": {"code": "HOLD_NOT_LOWERED"}}';
                        EXIT judgement;
                    END IF;
                    -- From here on it is judged by what it reserves beyond what it does already.
                    v_amount := greatest(v_amount - h_amount[h], 0);
                    IF v_amount = 0 THEN
                        h_expires[h] := greatest(h_expires[h], v_now + make_interval(secs => p_expires_in[p]));
                        h_extended[h] := TRUE;
                        EXIT judgement;
                    END IF;
                END IF;
            ELSIF v_op = 'REVERSE' THEN
                -- What filled an escrow returns when its grant ends; a refund and a reversal are undone by a new transfer. What
                -- records of use were charged returns by their correction, which would give it back a second time.
                IF o_kind[o] NOT IN ('DEPOSIT', 'TRANSFER', 'CAPTURE', 'USAGE') OR a_kind[d] = 'ESCROW'
                    OR (o_kind[o] = 'USAGE' AND a_kind[c] <> 'ESCROW')
                THEN
                    v_outcome := '{"refusal": {"code": "TRANSFER_NOT_REVERSIBLE"}}';
                    EXIT judgement;
                END IF;
                IF v_amount > 0 AND v_unit <> a_unit[d] THEN
                    v_outcome := '{"refusal": {"code": "UNIT_MISMATCH"}}';
                    EXIT judgement;
                END IF;
                v_remaining := o_amount[o] - o_reversed[o];
                IF v_remaining = 0 THEN
                    v_outcome := '{"refusal": {"code": "ALREADY_REVERSED"}}';
                    EXIT judgement;
                END IF;
                IF v_amount > v_remaining THEN
                    v_outcome := '{"refusal": {"code": "REVERSAL_EXCEEDS_TRANSFER"}}';
                    EXIT judgement;
                END IF;
                IF o_reversals[o] >= c_reversals_max THEN
                    v_outcome := '{"refusal": {"type": "LimitExceeded", "code": "LIMIT_EXCEEDED", "limit": "reversals",
                        "message": "The transfer was reversed in 100 parts already."}}';
                    EXIT judgement;
                END IF;
                IF v_amount = 0 THEN v_amount := v_remaining; END IF;
                v_unit := a_unit[d];
            END IF;
            IF p_effective_ms[p] <> '' THEN
                v_effective := timestamptz 'epoch' + p_effective_ms[p]::bigint * interval '1 millisecond';
                IF v_effective > v_now OR v_effective < v_now - c_effective_back THEN
                    v_outcome := '{"refusal": {"code": "EFFECTIVE_AT_OUT_OF_RANGE"}}';
                    EXIT judgement;
                END IF;
                i_effective[p] := v_effective;
            END IF;

            IF d = c THEN
                v_outcome := '{"refusal": {"code": "ACCOUNTS_MUST_DIFFER"}}';
                EXIT judgement;
            END IF;
            IF v_unit <> a_unit[d] OR v_unit <> a_unit[c] THEN
                v_outcome := CASE WHEN EXISTS (SELECT 1 FROM unit u WHERE u.name = v_unit)
                                  THEN '{"refusal": {"code": "UNIT_MISMATCH"}}'::jsonb
                                  ELSE '{"refusal": {"code": "UNIT_UNKNOWN"}}' END;
                EXIT judgement;
            END IF;

            -- Who may be debited by what. An escrow pays its own payee, or gives back to its own payer, and no other.
            IF a_special[d] OR a_special[c] OR v_kind IN ('DEPOSIT', 'USAGE', 'REFUND') THEN
                IF (a_kind[d] = 'ISSUANCE') <> (v_op = 'TRANSFER' AND v_kind = 'DEPOSIT')
                    OR (a_kind[d] = 'ESCROW' AND v_op = 'TRANSFER' AND v_kind NOT IN ('USAGE', 'REFUND'))
                    OR (a_kind[d] <> 'ESCROW' AND v_op = 'TRANSFER' AND v_kind IN ('USAGE', 'REFUND')
                        -- Metered use, and what a correction of it gives back.
                        AND NOT (v_kind = 'USAGE' AND a_kind[d] IN ('PERSONAL', 'GROUP') AND a_kind[c] = 'REVENUE')
                        AND NOT (v_kind = 'REFUND' AND a_kind[d] = 'REVENUE' AND a_kind[c] IN ('PERSONAL', 'GROUP')))
                    OR (a_kind[d] = 'ESCROW' AND v_op IN ('HOLD', 'EXTEND') AND is_of_holder(e_holder[d], p_holder[p]) IS NOT TRUE)
                THEN
                    v_outcome := '{"fault": "FORBIDDEN"}';
                    EXIT judgement;
                END IF;
                IF a_kind[d] = 'ESCROW' THEN
                    IF p_accounts[c] <> (CASE WHEN v_kind = 'REFUND' THEN e_payer[d] ELSE e_payee[d] END) THEN
                        v_outcome := '{"refusal": {"code": "ESCROW_WRONG_PAYEE"}}';
                        EXIT judgement;
                    END IF;
                    -- What was held inside the window may be captured after it: a job ends later than it was submitted.
                    IF v_op IN ('HOLD', 'EXTEND') AND (v_now < e_starts[d] OR v_now >= e_ends[d]) THEN
                        v_outcome := '{"refusal": {"code": "OUTSIDE_WINDOW"}}';
                        EXIT judgement;
                    END IF;
                END IF;
                -- Money reaches an escrow through its own opening hold alone, so that what is returned was paid for; and by
                -- the reversal of what it paid itself. To ISSUANCE a deposit alone returns, by its reversal.
                IF v_op <> 'REVERSE' AND (a_kind[c] = 'ISSUANCE'
                    OR (a_kind[c] = 'ESCROW' AND NOT (v_op = 'HOLD' AND p_id[p] = e_hold[c])
                                             AND NOT (v_op = 'CAPTURE' AND p_holds[h] = e_hold[c])))
                THEN
                    v_outcome := '{"refusal": {"code": "ACCOUNT_TAKES_NO_TRANSFERS"}}';
                    EXIT judgement;
                END IF;
            END IF;
            IF a_status[d] = 'CLOSED' OR a_status[c] = 'CLOSED' THEN
                v_outcome := '{"refusal": {"code": "ACCOUNT_CLOSED"}}';
                EXIT judgement;
            END IF;
            IF a_status[d] = 'FROZEN' THEN
                v_outcome := '{"refusal": {"code": "ACCOUNT_FROZEN"}}';
                EXIT judgement;
            END IF;

            IF v_op = 'CAPTURE' THEN
                v_remaining := h_amount[h] - h_captured[h];
                IF v_amount > v_remaining THEN
                    v_outcome := '{"refusal": {"code": "CAPTURE_EXCEEDS_HOLD"}}';
                    EXIT judgement;
                END IF;
            -- amount > posted + overdraft - held, written so that no sum leaves BIGINT.
            ELSIF v_amount - a_overdraft[d] > a_posted[d] - a_held[d] AND a_kind[d] <> 'ISSUANCE' THEN
                v_available := a_posted[d]::numeric + a_overdraft[d] - a_held[d];
                v_outcome := jsonb_build_object('refusal', jsonb_build_object(
                    'code', 'INSUFFICIENT_FUNDS', 'accountId', p_accounts[d], 'unit', a_unit[d],
                    'available', v_available::text, 'shortfall', (v_amount - v_available)::text));
                EXIT judgement;
            END IF;

            -- budgets: judged after all else but the ends of BIGINT.
            IF v_budgeted AND (a_budgeted[d] OR a_budgeted[c]) THEN
                SELECT b.* INTO b_tallies, v_outcome FROM count_posting(b_tallies, v_op, v_kind, p_accounts[d], p_accounts[c],
                    p_holds[h], coalesce(CASE WHEN v_op = 'HOLD' THEN coalesce(nullif(p_holder[p], ''), e_holder[c]) END, p_actor[p]),
                    v_now, v_amount, CASE WHEN v_op <> 'CAPTURE' THEN 0 WHEN p_final[p] THEN v_remaining ELSE v_amount END,
                    p_original[p]) b;
                IF v_outcome IS NOT NULL THEN EXIT judgement; END IF;
            END IF;
            -- Neither side can leave BIGINT. The most negative value is not used.
            IF v_op IN ('HOLD', 'EXTEND') THEN
                IF a_held[d] > c_max - v_amount THEN
                    v_outcome := '{"refusal": {"code": "AMOUNT_TOO_LARGE"}}';
                    EXIT judgement;
                END IF;
                a_held[d] := a_held[d] + v_amount;
                IF v_op = 'EXTEND' THEN
                    h_amount[h] := p_amount[p];
                    h_expires[h] := greatest(h_expires[h], v_now + make_interval(secs => p_expires_in[p]));
                    h_extended[h] := TRUE;
                END IF;
            ELSE
                IF a_posted[c] > c_max - v_amount OR a_posted[d] < v_amount - c_max THEN
                    v_outcome := '{"refusal": {"code": "AMOUNT_TOO_LARGE"}}';
                    EXIT judgement;
                END IF;
                a_posted[d] := a_posted[d] - v_amount;
                a_posted[c] := a_posted[c] + v_amount;
                a_changed[c] := TRUE;
                IF v_op = 'REVERSE' THEN
                    o_reversed[o] := o_reversed[o] + v_amount;
                    o_reversals[o] := o_reversals[o] + 1;
                ELSIF v_op = 'CAPTURE' THEN
                    h_captured[h] := h_captured[h] + v_amount;
                    h_changed[h] := TRUE;
                    v_remaining := v_remaining - v_amount;
                    IF p_final[p] OR v_remaining = 0 THEN
                        h_status[h] := 'CAPTURED';
                        a_held[d] := a_held[d] - v_amount - v_remaining;
                        i_released[p] := v_remaining;
                    ELSE
                        a_held[d] := a_held[d] - v_amount;
                    END IF;
                END IF;
            END IF;
            a_changed[d] := TRUE;
            i_done[p] := TRUE;
        END judgement;
        IF v_outcome IS NOT NULL THEN
            v_verdict[p] := v_outcome;
            b_tallies := b_before; -- budgets:
            IF v_is_linked THEN v_failed := p; EXIT; END IF;
        ELSIF i_done[p] THEN
            n := n + 1;
            i_debit_after[p] := a_posted[d];
            i_credit_after[p] := a_posted[c];
            IF h > 0 OR v_op = 'REVERSE' THEN
                i_debit[p] := d;
                i_credit[p] := c;
                i_amount[p] := v_amount;
            END IF;
        END IF;
    END LOOP;

    -- Nothing is written yet: what was judged before the item that failed is forgotten.
    IF v_failed IS NOT NULL THEN
        a_posted := s_posted; a_held := s_held; a_changed := s_changed;
        b_tallies := s_tallies; -- budgets:
        a_closes := array_fill(FALSE, ARRAY[c_accounts]);
        h_changed := array_fill(FALSE, ARRAY[c_holds]);
        h_extended := h_changed;
        i_done := array_fill(FALSE, ARRAY[c_items]);
        n := cardinality(x_id);
        SELECT array_agg(CASE WHEN t.position = v_failed THEN t.verdict
                              ELSE jsonb_build_object('refusal', jsonb_build_object('type', 'InvalidInput', 'code', 'LINKED_FAILED',
                                       'message', 'Not done, because the item at `path` was refused.',
                                       'path', jsonb_build_array('transfers', (v_failed - 1)::text))) END ORDER BY t.position)
        INTO v_verdict
        FROM unnest(v_verdict) WITH ORDINALITY AS t(verdict, position);
    END IF;

    -- Time alone changes nothing that is reserved, so it needs no row of the journal. Before what is captured: in one batch a
    -- hold may be extended and then captured beyond what it reserved at first.
    IF TRUE = ANY (h_extended) THEN
        UPDATE hold x SET amount = t.amount, expires_at = t.expires_at
        FROM unnest(p_holds, h_amount, h_expires, h_extended) AS t(id, amount, expires_at, extended)
        WHERE x.id = t.id AND t.extended;
    END IF;

    IF n > 0 THEN
        SELECT * INTO STRICT v_head FROM chain_head WHERE "only" FOR NO KEY UPDATE;
        -- Should the clock step back, the journal's time stands still until it has caught up.
        v_at := greatest(clock_timestamp(), v_head.recorded_at);
        v_hash := v_head.entry_hash;
        -- budgets:
        IF v_budgeted THEN PERFORM keep_tallies(b_tallies, p_accounts, v_at, v_now); END IF;

        -- The rows, and the canonical form of each; journal_form repeats it to the letter. It is not wrapped in a function,
        -- since a call for each row halves the throughput.
        SELECT array_agg(ROW(v_head.sequence + t.position, t.kind, t.transfer_id, t.hold_id, t.debit_id, t.credit_id, t.unit,
                   t.amount, t.released, t.description, t.actor, t.invoice_id, t.debit_after, t.credit_after, v_at,
                   coalesce(t.effective_at, v_at), t.reverses_id)::journal_draft ORDER BY t.position),
               array_agg(convert_to(json_build_array(
                   (v_head.sequence + t.position)::text, t.kind, t.transfer_id, t.hold_id, t.debit_id, t.credit_id, t.unit,
                   t.amount::text, t.released::text, t.description, t.actor, t.invoice_id, t.debit_after::text,
                   t.credit_after::text, (extract(epoch FROM v_at) * 1000000)::bigint::text,
                   (extract(epoch FROM coalesce(t.effective_at, v_at)) * 1000000)::bigint::text)::text
                   -- What a reversal undoes stands behind the list: other rows keep the form they had before there were any.
                   || CASE WHEN t.reverses_id IS NULL THEN '' ELSE json_build_array(t.reverses_id)::text END, 'UTF8')
               ORDER BY t.position)
        INTO v_rows, v_leaves
        FROM (
            SELECT x.position, 'HOLD_EXPIRED' AS kind, NULL AS transfer_id, x.id AS hold_id, x.debit_id, x.credit_id, x.unit,
                   x.amount, 0::bigint AS released, x.reason AS description, 'ledger' AS actor, NULL AS invoice_id, x.debit_after,
                   x.credit_after, NULL::timestamptz AS effective_at, NULL AS reverses_id
            FROM unnest(x_id, x_debit, x_credit, x_unit, x_amount, x_reason, x_debit_after, x_credit_after) WITH ORDINALITY
                 AS x(id, debit_id, credit_id, unit, amount, reason, debit_after, credit_after, position)
            UNION ALL
            SELECT cardinality(x_id) + row_number() OVER (ORDER BY i.position),
                   CASE i.op WHEN 'TRANSFER' THEN i.kind WHEN 'CAPTURE' THEN 'CAPTURE' WHEN 'REVERSE' THEN 'REVERSAL'
                             WHEN 'HOLD' THEN 'HOLD_PLACED' WHEN 'EXTEND' THEN 'HOLD_EXTENDED' ELSE 'HOLD_RELEASED' END,
                   CASE WHEN i.op IN ('TRANSFER', 'CAPTURE', 'REVERSE') THEN i.id END,
                   CASE WHEN i.op = 'HOLD' THEN i.id WHEN i.hold > 0 THEN p_holds[i.hold] END,
                   p_accounts[i.debit], p_accounts[i.credit], a_unit[i.debit], i.amount, i.released, i.description, i.actor,
                   CASE WHEN i.op = 'CAPTURE' THEN h_invoice[i.hold] ELSE nullif(i.invoice_id, '') END,
                   i.debit_after, i.credit_after, i.effective_at, CASE WHEN i.op = 'REVERSE' THEN p_original[i.position] END
            FROM unnest(p_op, p_kind, p_id, p_hold, i_debit, i_credit, i_amount, i_released, p_description, p_actor,
                        p_invoice_id, i_debit_after, i_credit_after, i_effective, i_done) WITH ORDINALITY
                 AS i(op, kind, id, hold, debit, credit, amount, released, description, actor, invoice_id, debit_after,
                      credit_after, effective_at, done, position)
            WHERE i.done
        ) t;
        FOR i IN 1..n LOOP
            v_hash := sha256(v_hash || v_leaves[i]);
            v_hashes[i] := v_hash;
        END LOOP;

        INSERT INTO journal_entry (sequence, kind, transfer_id, hold_id, debit_id, credit_id, unit, amount, released,
            description, actor, invoice_id, debit_balance_after, credit_balance_after, recorded_at, effective_at, entry_hash,
            reverses_id)
        SELECT t.sequence, t.kind, t.transfer_id, t.hold_id, t.debit_id, t.credit_id, t.unit, t.amount, t.released,
               t.description, t.actor, t.invoice_id, t.debit_balance_after, t.credit_balance_after, t.recorded_at,
               t.effective_at, t.hash, t.reverses_id
        FROM ROWS FROM (unnest(v_rows), unnest(v_hashes))
             AS t(sequence, kind, transfer_id, hold_id, debit_id, credit_id, unit, amount, released, description, actor,
                  invoice_id, debit_balance_after, credit_balance_after, recorded_at, effective_at, reverses_id, hash);
        UPDATE chain_head SET sequence = sequence + n, entry_hash = v_hash, recorded_at = v_at WHERE "only";

        -- By their places, which stand while they are locked: half the cost of finding them by their ids again.
        UPDATE account a SET posted = t.posted, held = t.held
        FROM unnest(a_tid, a_posted, a_held, a_changed) AS t(tid, posted, held, changed)
        WHERE a.ctid = t.tid AND t.changed;
        GET DIAGNOSTICS v_written = ROW_COUNT;
        IF v_written <> (SELECT count(*) FROM unnest(a_changed) AS t(changed) WHERE t.changed) THEN
            RAISE EXCEPTION 'an account was not written';
        END IF;
        IF TRUE = ANY (a_closes) THEN
            UPDATE account a SET status = 'CLOSED' FROM unnest(p_accounts, a_closes) AS t(id, closes)
            WHERE a.id = t.id AND t.closes;
            UPDATE escrow e SET closed_at = v_at FROM unnest(p_accounts, a_closes) AS t(id, closes)
            WHERE e.account_id = t.id AND t.closes;
        END IF;

        IF 'HOLD' = ANY (p_op) THEN
            INSERT INTO hold (id, debit_id, credit_id, unit, amount, placed_by, resource, reason, placed_at, expires_at,
                spender_id) -- budgets:
            SELECT t.id, p_accounts[t.debit], p_accounts[t.credit], t.unit, t.amount, t.actor, nullif(t.resource, ''),
                   t.description, v_at, v_at + make_interval(secs => t.expires_in),
                   coalesce(nullif(t.holder, ''), e_holder[t.credit], t.actor) -- budgets:
            FROM unnest(p_op, p_id, p_debit, p_credit, p_unit, p_amount, p_actor, p_resource, p_description, p_expires_in, i_done,
                        p_holder)
                 AS t(op, id, debit, credit, unit, amount, actor, resource, description, expires_in, done, holder)
            WHERE t.op = 'HOLD' AND t.done;
        END IF;
        IF cardinality(x_id) > 0 THEN
            UPDATE hold SET status = 'EXPIRED' WHERE id = ANY (x_id);
        END IF;
        IF TRUE = ANY (h_changed) THEN
            UPDATE hold x SET status = t.status, captured = t.captured
            FROM unnest(p_holds, h_status, h_captured, h_changed) AS t(id, status, captured, changed)
            WHERE x.id = t.id AND t.changed;
            UPDATE invoice i SET status = 'PAID'
            FROM unnest(h_invoice, h_captured, h_changed) AS t(id, captured, changed)
            WHERE i.id = t.id AND t.changed AND t.captured >= i.total;
            -- One series for each payee's owner; what an escrow receives is received by its payee.
            WITH received AS (
                SELECT q.receipt_id AS id, t.sequence, t.hold_id, t.invoice_id, payee.owner_id
                FROM unnest(v_rows) AS t
                JOIN unnest(p_id, p_receipt_id) AS q(transfer_id, receipt_id) ON q.transfer_id = t.transfer_id
                LEFT JOIN escrow e ON e.account_id = t.credit_id
                JOIN account payee ON payee.id = coalesce(e.payee_id, t.credit_id)
                WHERE t.kind = 'CAPTURE'
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

    IF p_batch IS NULL AND FALSE = ANY (i_done) THEN
        UPDATE platform.idempotency_key k SET outcome = t.verdict
        FROM unnest(p_op, p_scope, p_key, v_verdict, i_repeats) AS t(op, scope, key, verdict, repeats)
        WHERE t.op <> 'REFUSE' AND t.key <> '' AND t.repeats = 0 AND t.verdict ? 'refusal' AND k.scope = t.scope AND k.key = t.key;
        DELETE FROM platform.idempotency_key k
        USING unnest(p_op, p_scope, p_key, v_verdict, i_repeats) AS t(op, scope, key, verdict, repeats)
        WHERE t.op <> 'REFUSE' AND t.key <> '' AND t.repeats = 0 AND t.verdict ? 'fault' AND k.scope = t.scope AND k.key = t.key;
    END IF;

    -- What was done stands in the journal in full, under the target; what was not is told here.
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
    SELECT t.audit_id, t.actor, t.operation,
           CASE WHEN NOT t.done THEN coalesce(p_holds[nullif(t.hold, 0)], p_accounts[nullif(t.debit, 0)])
                WHEN t.op IN ('RELEASE', 'EXTEND') THEN p_holds[t.hold] ELSE t.id END,
           CASE WHEN t.done OR t.verdict ? 'value' THEN 'OK'
                ELSE coalesce(t.verdict #>> '{refusal,code}', t.verdict ->> 'fault') END,
           t.request_id, t.client_ip,
           CASE WHEN NOT t.done AND t.op <> 'REFUSE' THEN jsonb_strip_nulls(jsonb_build_object(
               'debit', p_accounts[nullif(t.debit, 0)], 'credit', p_accounts[nullif(t.credit, 0)],
               'amountMicros', nullif(t.amount, 0)::text, 'unit', nullif(t.unit, ''))) END
    FROM unnest(p_audit_id, p_actor, p_operation, p_op, p_id, p_debit, p_credit, p_hold, p_amount, p_unit, p_request_id,
                p_client_ip, v_verdict, i_repeats, i_done)
         AS t(audit_id, actor, operation, op, id, debit, credit, hold, amount, unit, request_id, client_ip, verdict, repeats, done)
    WHERE t.repeats = 0 AND t.audit_id <> '';

    IF p_batch IS NOT NULL THEN
        v_outcome := jsonb_build_object('value', jsonb_build_object('results', to_jsonb(coalesce(v_verdict, '{}'))));
        INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint, outcome)
        VALUES (p_batch ->> 'scope', p_batch ->> 'key', p_batch ->> 'operation', p_batch ->> 'fingerprint', v_outcome);
        RETURN QUERY SELECT 1, v_outcome;
        RETURN;
    END IF;
    RETURN QUERY SELECT t.position::int, t.verdict FROM unnest(v_verdict) WITH ORDINALITY AS t(verdict, position);
END $$;

REVOKE ALL ON FUNCTION "post_batch" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "post_batch" TO __APP_ROLE__;
