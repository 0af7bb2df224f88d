-- How budgets count: each posting as it happens, and for a budget that begins in the middle of a period what the journal has of it.
-- 20261128100100_budgets says what counts and where; an escrow may have been filled more than once (escrow_fills).

-- One item of post_batch that is otherwise accepted. p_op and p_kind as there; p_hold: the hold that it settles or extends;
-- p_member, p_at: who does it and when, where it is none; p_amount: what moves or is reserved more; p_freed: what no longer is.
CREATE FUNCTION "count_posting"(
    INOUT p_tallies text, OUT p_refusal jsonb, p_op text, p_kind text, p_debit text, p_credit text, p_hold text, p_member text,
    p_at timestamptz, p_amount bigint, p_freed bigint, p_original text
) LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_tallies budget_tally[] := p_tallies::budget_tally[];
    -- Metered use counts for whom its records name (count_member_usage), an adjustment for nobody.
    v_member text := CASE WHEN p_op = 'TRANSFER' AND p_kind IN ('USAGE', 'ADJUSTMENT') THEN NULL ELSE p_member END;
    v_at timestamptz := p_at;
    v_rest bigint := p_amount;
    v_debit record;
    v_credit record;
    v_origin record;
BEGIN
    -- An escrow is nobody's own for this: what fills it is spent, and what it pays was counted then.
    SELECT CASE WHEN a.kind <> 'ESCROW' THEN a.owner_id END AS owner_id, a.unit, a.budgeted INTO STRICT v_debit
    FROM account a WHERE a.id = p_debit;
    SELECT CASE WHEN a.kind <> 'ESCROW' THEN a.owner_id END AS owner_id, a.unit, a.budgeted INTO STRICT v_credit
    FROM account a WHERE a.id = p_credit;
    -- A member's first hold on a group's escrow finds the cap that everybody has.
    IF p_op = 'HOLD' AND v_debit.budgeted THEN PERFORM default_cap(p_debit, p_member); END IF;
    IF p_hold IS NOT NULL THEN
        SELECT h.spender_id, h.placed_at INTO STRICT v_member, v_at FROM hold h WHERE h.id = p_hold;
    END IF;
    IF v_debit.budgeted AND NOT (p_op = 'REVERSE' OR (p_op = 'TRANSFER' AND p_kind IN ('DEPOSIT', 'REFUND'))) THEN
        SELECT c.* INTO v_tallies, p_refusal FROM count_change(v_tallies, p_debit, v_debit.owner_id, v_debit.unit,
            v_credit.owner_id, v_member, TRUE, v_at,
            CASE WHEN p_op IN ('TRANSFER', 'CAPTURE') THEN p_amount ELSE 0 END,
            CASE WHEN p_op IN ('HOLD', 'EXTEND') THEN p_amount ELSE 0 END - p_freed,
            -- What has happened already, and what was reserved, is never refused.
            p_op IN ('HOLD', 'EXTEND') OR (p_op = 'TRANSFER' AND p_kind = 'TRANSFER'),
            CASE WHEN p_op = 'EXTEND' THEN p_at END) c;
        IF p_refusal IS NOT NULL THEN RETURN; END IF;
    END IF;
    IF v_credit.budgeted AND p_op = 'TRANSFER' AND p_kind IN ('REFUND', 'ADJUSTMENT') THEN
        -- What an escrow returns counts where the holds that filled it did.
        FOR v_origin IN SELECT f.placed_at, f.spender_id, f.amount FROM escrow_fills(p_debit, p_amount) f WHERE p_kind = 'REFUND'
        LOOP
            v_tallies := (count_change(v_tallies, p_credit, v_credit.owner_id, v_credit.unit, v_debit.owner_id,
                v_origin.spender_id, TRUE, v_origin.placed_at, -v_origin.amount, 0, FALSE)).p_tallies;
            v_rest := v_rest - v_origin.amount;
        END LOOP;
        IF v_rest > 0 THEN
            v_tallies := (count_change(v_tallies, p_credit, v_credit.owner_id, v_credit.unit, v_debit.owner_id, NULL, TRUE, p_at,
                -v_rest, 0, FALSE)).p_tallies;
        END IF;
    ELSIF v_credit.budgeted AND p_op = 'REVERSE' THEN
        SELECT j.kind, coalesce(h.placed_at, j.recorded_at) AS counted_at,
               CASE WHEN j.kind = 'CAPTURE' THEN h.spender_id WHEN j.kind = 'TRANSFER' THEN j.actor END AS spender_id
        INTO STRICT v_origin FROM journal_entry j LEFT JOIN hold h ON h.id = j.hold_id WHERE j.transfer_id = p_original;
        IF v_origin.kind <> 'DEPOSIT' THEN
            v_tallies := (count_change(v_tallies, p_credit, v_credit.owner_id, v_credit.unit, v_debit.owner_id,
                v_origin.spender_id, TRUE, v_origin.counted_at, -p_amount, 0, FALSE)).p_tallies;
        END IF;
    END IF;
    p_tallies := v_tallies::text;
END $$;

-- What counts against a budget in a period that the ledger has already: for a budget that begins in the middle of one. One
-- reading of the period's rows; afterwards the counter is kept.
CREATE FUNCTION "budget_so_far"(p_budget budget, p_start timestamptz, p_end timestamptz, OUT spent numeric, OUT held numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    WITH own AS MATERIALIZED (
        SELECT a.id FROM account a
        WHERE a.id = p_budget.account_id OR (a.owner_id = p_budget.group_id AND a.unit = p_budget.unit AND a.kind IN ('GROUP', 'REVENUE'))
    ), inside AS (
        -- Between two accounts of the group nothing is spent.
        SELECT o.id FROM own o WHERE p_budget.group_id IS NOT NULL
    ), window_of AS MATERIALIZED (
        SELECT (SELECT j.sequence FROM journal_entry j WHERE j.recorded_at >= p_start ORDER BY j.recorded_at, j.sequence LIMIT 1) AS first
    ), debits AS (
        SELECT j.kind, j.amount, j.actor, j.credit_id FROM own o CROSS JOIN window_of w
        JOIN journal_entry j ON j.debit_id = o.id AND j.transfer_id IS NOT NULL AND j.sequence >= w.first AND j.recorded_at < p_end
        WHERE j.kind IN ('TRANSFER', 'USAGE', 'ADJUSTMENT') AND j.credit_id NOT IN (SELECT i.id FROM inside i)
    ), credits AS (
        SELECT j.kind, coalesce(f.amount, j.amount) AS amount, j.debit_id,
               coalesce(oh.placed_at, f.placed_at, x.recorded_at, j.recorded_at) AS counted_at, x.kind AS original_kind,
               CASE WHEN x.kind = 'TRANSFER' THEN x.actor ELSE coalesce(oh.spender_id, f.spender_id) END AS spender_id
        FROM own o CROSS JOIN window_of w
        JOIN journal_entry j ON j.credit_id = o.id AND j.transfer_id IS NOT NULL AND j.sequence >= w.first
        LEFT JOIN journal_entry x ON x.transfer_id = j.reverses_id
        LEFT JOIN hold oh ON oh.id = x.hold_id
        LEFT JOIN LATERAL escrow_fills(j.debit_id, j.amount) f ON j.kind = 'REFUND'
        WHERE j.kind IN ('REFUND', 'REVERSAL', 'ADJUSTMENT') AND x.kind IS DISTINCT FROM 'DEPOSIT'
          AND j.debit_id NOT IN (SELECT i.id FROM inside i)
    ), holds AS (
        SELECT h.captured, CASE h.status WHEN 'OPEN' THEN h.amount - h.captured ELSE 0 END AS remaining, h.spender_id
        FROM own o JOIN hold h ON h.debit_id = o.id AND h.placed_at >= p_start AND h.placed_at < p_end
        WHERE h.credit_id NOT IN (SELECT i.id FROM inside i)
    )
    SELECT coalesce((SELECT sum(d.amount) FROM debits d
                     WHERE p_budget.member_id IS NULL OR (d.kind = 'TRANSFER' AND d.actor = p_budget.member_id)), 0)
         - coalesce((SELECT sum(c.amount) FROM credits c WHERE c.counted_at >= p_start AND c.counted_at < p_end
                     AND (p_budget.member_id IS NULL OR c.spender_id = p_budget.member_id)), 0)
         + coalesce((SELECT sum(h.captured) FROM holds h
                     WHERE p_budget.member_id IS NULL OR h.spender_id = p_budget.member_id), 0)
         -- A person's use, by when it was recorded: the journal charges all of an account's people in one.
         + coalesce((SELECT sum(k.charged) FROM usage_record k WHERE k.payer_id = p_budget.account_id
                     AND k.user_id = p_budget.member_id AND k.recorded_at >= p_start AND k.recorded_at < p_end), 0),
           coalesce((SELECT sum(h.remaining) FROM holds h
                     WHERE p_budget.member_id IS NULL OR h.spender_id = p_budget.member_id), 0)
$$;
REVOKE ALL ON FUNCTION "count_posting", "budget_so_far" FROM PUBLIC;
