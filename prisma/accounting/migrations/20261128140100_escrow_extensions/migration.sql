-- A grant that is extended: its escrow is spent for longer, and filled again by a hold of its own on the payer's account.
-- While that hold is under way, it stands in place of the opening one (escrow.hold_id), so that the posting function lets
-- money into the escrow by it and by no other.

-- Extends a grant's escrow and reserves what it shall get besides. Refused, nothing changes.
-- p_call as for open_escrow; p_input: extensionId, grantId, payerId, holdId, endsAt, service, and unit, amount, expiresIn where
-- something is to pay.
CREATE FUNCTION "extend_escrow"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_ends_at CONSTANT timestamptz := (p_input ->> 'endsAt')::timestamptz;
    v_known jsonb;
    v_escrow record;
    v_status text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    -- Extending and giving up one grant's extensions exclude each other, as opening and abandoning its escrow do.
    PERFORM pg_advisory_xact_lock(hashtextextended(p_input ->> 'grantId', 0));
    IF EXISTS (SELECT 1 FROM escrow_extension x WHERE x.id = p_input ->> 'extensionId') THEN
        RETURN conclude(p_call, p_input ->> 'grantId', '{"refusal": {"code": "ESCROW_ABANDONED"}}');
    END IF;
    SELECT e.account_id, e.payer_id INTO v_escrow FROM escrow e WHERE e.grant_id = p_input ->> 'grantId';
    IF NOT FOUND OR v_escrow.payer_id <> p_input ->> 'payerId' THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    -- In the order that every posting keeps; closing the escrow waits here.
    PERFORM 1 FROM account a WHERE a.id IN (v_escrow.account_id, v_escrow.payer_id)
    ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    SELECT e.account_id, e.payer_id, e.hold_id, e.ends_at INTO STRICT v_escrow FROM escrow e
    WHERE e.grant_id = p_input ->> 'grantId';
    SELECT a.status INTO STRICT v_status FROM account a WHERE a.id = v_escrow.account_id;
    BEGIN
        IF v_status = 'CLOSED' THEN
            RAISE EXCEPTION '{"refusal": {"code": "ACCOUNT_CLOSED"}}' USING ERRCODE = 'TG001';
        END IF;
        IF EXISTS (SELECT 1 FROM hold h
                   WHERE h.id = v_escrow.hold_id AND h.status = 'OPEN' AND h.expires_at > clock_timestamp()) THEN
            RAISE EXCEPTION '{"refusal": {"code": "EXTENSION_UNDER_WAY"}}' USING ERRCODE = 'TG001';
        END IF;
        IF c_ends_at < v_escrow.ends_at THEN
            RAISE EXCEPTION '{"refusal": {"type": "InvalidInput", "code": "INVALID_INPUT", "path": ["endsAt"],
                "message": "An escrow is extended to a later end, never to an earlier one."}}' USING ERRCODE = 'TG001';
        END IF;
        INSERT INTO escrow_extension (id, account_id, hold_id, previous_hold_id, previous_ends_at)
        VALUES (p_input ->> 'extensionId', v_escrow.account_id, CASE WHEN p_input ? 'amount' THEN p_input ->> 'holdId' END,
                v_escrow.hold_id, v_escrow.ends_at);
        UPDATE escrow e SET ends_at = c_ends_at,
                            hold_id = CASE WHEN p_input ? 'amount' THEN p_input ->> 'holdId' ELSE e.hold_id END
        WHERE e.account_id = v_escrow.account_id;
        IF p_input ? 'amount' THEN
            PERFORM post_one('HOLD', '', v_escrow.payer_id, v_escrow.account_id, p_input ->> 'holdId', p_input ->> 'unit',
                (p_input ->> 'amount')::bigint, (p_input ->> 'expiresIn')::int, 'Extension of ' || (p_input ->> 'grantId'), '',
                p_input ->> 'service', p_input ->> 'spenderId');
        END IF;
    EXCEPTION WHEN SQLSTATE 'TG001' THEN
        RETURN conclude(p_call, v_escrow.account_id, SQLERRM::jsonb);
    END;
    RETURN conclude(p_call, v_escrow.account_id, jsonb_build_object('value', jsonb_strip_nulls(jsonb_build_object(
        'accountId', v_escrow.account_id, 'holdId', CASE WHEN p_input ? 'amount' THEN p_input ->> 'holdId' END))));
END $$;

-- Undoes extend_escrow, also where its answer was lost: sets the window back, frees what was reserved and withdraws its
-- invoice; and sees to it that the extension is not made later. p_input: extensionId, grantId.
CREATE FUNCTION "abandon_extension"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_known jsonb;
    v_extension record;
    v_payer text;
    v_hold record;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_input ->> 'grantId', 0));
    SELECT x.* INTO v_extension FROM escrow_extension x WHERE x.id = p_input ->> 'extensionId';
    IF NOT FOUND OR v_extension.account_id IS NULL THEN
        INSERT INTO escrow_extension (id, abandoned_at) VALUES (p_input ->> 'extensionId', clock_timestamp())
        ON CONFLICT DO NOTHING;
        RETURN conclude(p_call, p_input ->> 'grantId', '{"value": {}}');
    END IF;
    SELECT e.payer_id INTO STRICT v_payer FROM escrow e WHERE e.account_id = v_extension.account_id;
    PERFORM 1 FROM account a WHERE a.id IN (v_extension.account_id, v_payer) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    -- Lets the hold go if its time ran out, as any posting on these accounts does.
    PERFORM b.ord FROM post_batch(ARRAY[v_extension.account_id, v_payer], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
    SELECT h.status, h.captured INTO v_hold FROM hold h WHERE h.id = v_extension.hold_id;
    IF v_hold.captured > 0 THEN
        RETURN conclude(p_call, v_extension.account_id, '{"refusal": {"code": "HOLD_NOT_OPEN"}}');
    END IF;
    -- Before the hold is freed: the release of the hold that fills an escrow closes it.
    UPDATE escrow e SET ends_at = v_extension.previous_ends_at, hold_id = v_extension.previous_hold_id
    WHERE e.account_id = v_extension.account_id AND v_extension.abandoned_at IS NULL;
    IF v_hold.status = 'OPEN' THEN
        PERFORM b.ord FROM post_batch(ARRAY[v_extension.account_id, v_payer], ARRAY[v_extension.hold_id],
            ARRAY['RELEASE'], ARRAY[''], ARRAY[0], ARRAY[0], ARRAY[1], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[0::bigint],
            ARRAY[FALSE], ARRAY[0], ARRAY[''], ARRAY['Abandoned'], ARRAY[''], ARRAY[''], ARRAY[p_call ->> 'actor'],
            ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY['']) b;
    END IF;
    UPDATE invoice SET status = 'VOID' WHERE hold_id = v_extension.hold_id AND status = 'ISSUED';
    UPDATE escrow_extension SET abandoned_at = coalesce(abandoned_at, clock_timestamp()) WHERE id = v_extension.id;
    RETURN conclude(p_call, v_extension.account_id, jsonb_build_object('value', jsonb_strip_nulls(jsonb_build_object(
        'accountId', v_extension.account_id, 'holdId', v_extension.hold_id))));
END $$;

REVOKE ALL ON FUNCTION "extend_escrow", "abandon_extension" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "extend_escrow", "abandon_extension" TO __APP_ROLE__;
GRANT SELECT ON "escrow_extension" TO __APP_ROLE__;

-- Where what an escrow returns came from: an escrow is spent in the order it was filled, so that what is left is the newest.
-- A row for each hold, with its part of the amount.
CREATE FUNCTION "escrow_fills"(p_escrow text, p_amount bigint)
RETURNS TABLE ("placed_at" timestamptz, "spender_id" text, "amount" bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f.placed_at, f.spender_id, least(f.captured, p_amount - f.newer)::bigint
    FROM (SELECT h.placed_at, h.spender_id, h.captured,
                 sum(h.captured) OVER (ORDER BY h.placed_at DESC, h.id DESC) - h.captured AS newer
          FROM hold h JOIN escrow e ON e.account_id = h.credit_id
          WHERE h.credit_id = p_escrow AND h.captured > 0) f
    WHERE f.newer < p_amount
$$;
REVOKE ALL ON FUNCTION "escrow_fills" FROM PUBLIC;

-- As before (20261128100100_budgets), but for what an escrow returns that was filled more than once.
CREATE OR REPLACE FUNCTION "count_posting"(
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

CREATE OR REPLACE FUNCTION "budget_so_far"(p_budget budget, p_start timestamptz, p_end timestamptz, OUT spent numeric, OUT held numeric)
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
