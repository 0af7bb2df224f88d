-- Adjustments: corrections that one operator proposes and another approves. A TRANSFER moves money as kind ADJUSTMENT; a WAIVER
-- forgives use that is owed. Locks: the adjustment's row, then as every posting.

-- Why an adjustment is not decided any more; NULL where it may be.
CREATE FUNCTION "adjustment_obstacle"(p_adjustment adjustment) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN p_adjustment.status <> 'PROPOSED' THEN 'ADJUSTMENT_DECIDED'
                WHEN p_adjustment.expires_at <= clock_timestamp() THEN 'ADJUSTMENT_EXPIRED' END
$$;

-- p_input: adjustmentId, kind, debitId, creditId (absent of a WAIVER), unit, amount, reason, expiresIn (seconds).
CREATE FUNCTION "propose_adjustment"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'adjustmentId';
    c_unit CONSTANT text := p_input ->> 'unit';
    c_now CONSTANT timestamptz := clock_timestamp();
    v_known jsonb;
    v_debit account;
    v_credit account;
    v_code text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    SELECT a.* INTO v_debit FROM account a WHERE a.id = p_input ->> 'debitId';
    -- A waiver is between an account and nobody: the rules of the second account are then the first's.
    SELECT a.* INTO v_credit FROM account a WHERE a.id = coalesce(p_input ->> 'creditId', p_input ->> 'debitId');
    IF v_debit.id IS NULL OR v_credit.id IS NULL THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    v_code := CASE
        WHEN p_input ->> 'creditId' = v_debit.id THEN 'ACCOUNTS_MUST_DIFFER'
        WHEN v_debit.unit <> c_unit OR v_credit.unit <> c_unit THEN
            CASE WHEN EXISTS (SELECT 1 FROM unit u WHERE u.name = c_unit) THEN 'UNIT_MISMATCH' ELSE 'UNIT_UNKNOWN' END
        WHEN v_debit.kind IN ('ESCROW', 'ISSUANCE') OR v_credit.kind IN ('ESCROW', 'ISSUANCE') THEN 'ACCOUNT_TAKES_NO_TRANSFERS'
        WHEN v_debit.status = 'CLOSED' OR v_credit.status = 'CLOSED' THEN 'ACCOUNT_CLOSED'
        WHEN p_input ->> 'kind' = 'WAIVER' AND NOT EXISTS (SELECT 1 FROM usage_record k WHERE k.payer_id = v_debit.id
            AND k.amount <> k.charged + k.waived AND k.amount > k.charged) THEN 'USAGE_NOT_OWED' END;
    IF v_code IS NOT NULL THEN
        RETURN conclude(p_call, v_debit.id, jsonb_build_object('refusal', jsonb_build_object('code', v_code)));
    END IF;
    INSERT INTO adjustment (id, kind, debit_id, credit_id, unit, amount, reason, proposed_by, proposed_at, expires_at)
    VALUES (c_id, p_input ->> 'kind', v_debit.id, p_input ->> 'creditId', c_unit, (p_input ->> 'amount')::bigint,
        p_input ->> 'reason', p_call ->> 'actor', c_now, c_now + make_interval(secs => (p_input ->> 'expiresIn')::int));
    RETURN conclude(p_call, c_id, jsonb_build_object('value', jsonb_build_object('adjustmentId', c_id)));
END $$;

-- Forgives what an account owes for use, oldest first, up to an amount, and says of each record how much. Gives what was forgiven.
-- The account is locked here, as whoever charges it does first.
CREATE FUNCTION "waive_usage"(p_adjustment adjustment) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    -- What one approval looks at; what is left is for another.
    c_records CONSTANT int := 5000;
    v_waived bigint;
BEGIN
    PERFORM 1 FROM account a WHERE a.id = p_adjustment.debit_id FOR NO KEY UPDATE;
    WITH owed AS (
        SELECT k.cluster_id, k.external_id, k.segment, k.starts_at, k.amount - k.charged - k.waived AS due
        FROM usage_record k
        WHERE k.payer_id = p_adjustment.debit_id AND k.amount <> k.charged + k.waived AND k.amount > k.charged
        ORDER BY k.starts_at, k.cluster_id, k.external_id, k.segment LIMIT c_records
    ), parts AS (
        SELECT o.*, least(o.due, p_adjustment.amount - (sum(o.due) OVER (ORDER BY o.starts_at, o.cluster_id, o.external_id, o.segment)
                                                        - o.due))::bigint AS part
        FROM owed o
    ), changed AS (
        UPDATE usage_record k SET waived = k.waived + p.part FROM parts p
        WHERE p.part > 0 AND k.cluster_id = p.cluster_id AND k.external_id = p.external_id AND k.segment = p.segment
        RETURNING k.cluster_id, k.external_id, k.segment, p.part
    ), kept AS (
        INSERT INTO usage_waiver (adjustment_id, cluster_id, external_id, segment, amount)
        SELECT p_adjustment.id, c.cluster_id, c.external_id, c.segment, c.part FROM changed c
        RETURNING amount
    )
    SELECT coalesce(sum(k.amount), 0)::bigint INTO v_waived FROM kept k;
    RETURN v_waived;
END $$;

-- p_input: adjustmentId, transferId (for what it becomes), principals (who approves, and the groups of who approves: nobody
-- approves what comes to oneself).
CREATE FUNCTION "approve_adjustment"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'adjustmentId';
    v_known jsonb;
    v_adjustment adjustment;
    v_code text;
    v_waived bigint := 0;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    BEGIN
        SELECT j.* INTO v_adjustment FROM adjustment j WHERE j.id = c_id FOR NO KEY UPDATE;
        IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
        v_code := coalesce(adjustment_obstacle(v_adjustment), CASE WHEN v_adjustment.proposed_by = p_call ->> 'actor'
            OR EXISTS (SELECT 1 FROM account a WHERE a.id = coalesce(v_adjustment.credit_id, v_adjustment.debit_id)
                       AND p_input -> 'principals' ? a.owner_id) THEN 'ADJUSTMENT_OWN' END);
        IF v_code IS NULL AND v_adjustment.kind = 'TRANSFER' THEN
            PERFORM post_one('TRANSFER', 'ADJUSTMENT', v_adjustment.debit_id, v_adjustment.credit_id, p_input ->> 'transferId',
                v_adjustment.unit, v_adjustment.amount, 0, v_adjustment.reason, '', p_call ->> 'actor');
        ELSIF v_code IS NULL THEN
            v_waived := waive_usage(v_adjustment);
            IF v_waived = 0 THEN v_code := 'USAGE_NOT_OWED'; END IF;
        END IF;
        IF v_code IS NOT NULL THEN
            RAISE EXCEPTION '%', jsonb_build_object('refusal', jsonb_build_object('code', v_code)) USING ERRCODE = 'TG001';
        END IF;
        UPDATE adjustment SET status = 'APPROVED', decided_by = p_call ->> 'actor', decided_at = clock_timestamp(),
            transfer_id = CASE WHEN kind = 'TRANSFER' THEN p_input ->> 'transferId' END, waived = v_waived
        WHERE id = c_id;
    EXCEPTION WHEN SQLSTATE 'TG001' THEN
        RETURN conclude(p_call, c_id, SQLERRM::jsonb);
    END;
    RETURN conclude(p_call, c_id, jsonb_build_object('value', jsonb_build_object('adjustmentId', c_id)));
END $$;

-- Without a key, since doing it again changes nothing. p_input: adjustmentId, reason.
CREATE FUNCTION "reject_adjustment"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'adjustmentId';
    v_adjustment adjustment;
    v_code text;
    v_verdict jsonb;
BEGIN
    SELECT j.* INTO v_adjustment FROM adjustment j WHERE j.id = c_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    v_verdict := jsonb_build_object('value', jsonb_build_object('adjustmentId', c_id));
    IF NOT p_call ? 'refusal' AND v_adjustment.status = 'REJECTED' THEN RETURN v_verdict; END IF;
    v_code := coalesce(p_call #>> '{refusal,code}', adjustment_obstacle(v_adjustment));
    IF v_code IS NOT NULL THEN
        v_verdict := jsonb_build_object('refusal', coalesce(p_call -> 'refusal', jsonb_build_object('code', v_code)));
    ELSE
        UPDATE adjustment SET status = 'REJECTED', decided_by = p_call ->> 'actor', decided_at = clock_timestamp(),
            decision = p_input ->> 'reason'
        WHERE id = c_id;
    END IF;
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip)
    VALUES (p_call ->> 'auditId', p_call ->> 'actor', p_call ->> 'operation', c_id, coalesce(v_code, 'OK'),
            p_call ->> 'requestId', p_call ->> 'clientIp');
    RETURN v_verdict;
END $$;

-- The check of what is derived knows them too: money that moved as ADJUSTMENT was approved by a second person, once.
ALTER FUNCTION "verify_derived" RENAME TO "verify_sums";
CREATE FUNCTION "verify_derived"() RETURNS TABLE ("broken_at" text, "detail" text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    (SELECT s.broken_at, s.detail FROM verify_sums() s)
    UNION ALL
    (SELECT coalesce(j.transfer_id, a.id), 'The adjustment is not what two operators approved.'
     FROM (SELECT * FROM journal_entry WHERE kind = 'ADJUSTMENT') j
     FULL JOIN (SELECT * FROM adjustment WHERE kind = 'TRANSFER' AND status = 'APPROVED') a ON a.transfer_id = j.transfer_id
     WHERE (a.debit_id, a.credit_id, a.unit, a.amount, a.decided_by) IS DISTINCT FROM (j.debit_id, j.credit_id, j.unit, j.amount, j.actor)
        OR a.proposed_by = a.decided_by
     ORDER BY 1 LIMIT 1)
    LIMIT 1
$$;

REVOKE ALL ON FUNCTION "adjustment_obstacle", "propose_adjustment", "waive_usage", "approve_adjustment", "reject_adjustment",
    "verify_derived" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "propose_adjustment", "approve_adjustment", "reject_adjustment", "verify_derived" TO __APP_ROLE__;
