-- Escrows: an account that knows its holder, payee and window. Opening and closing compose post_batch, so that the
-- account, the money and the papers stand or fall together.

-- What was answered to a key: the outcome, a refusal IDEMPOTENCY_KEY_REUSED for other input, or null for a fresh key.
CREATE FUNCTION "recall_outcome"(p_scope text, p_key text, p_fingerprint text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN i.fingerprint = p_fingerprint THEN i.outcome
                ELSE '{"refusal": {"code": "IDEMPOTENCY_KEY_REUSED"}}' END
    FROM platform.idempotency_key i WHERE i.scope = p_scope AND i.key = p_key
$$;

-- Remembers an outcome under its key and writes the audit entry; gives the outcome back. A fault is not remembered.
-- Fails with a unique violation where the key was judged in another transaction meanwhile: the caller calls again.
CREATE FUNCTION "conclude"(p_call jsonb, p_target text, p_verdict jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT p_verdict ? 'fault' THEN
        INSERT INTO platform.idempotency_key (scope, key, operation, fingerprint, outcome)
        VALUES (p_call ->> 'scope', p_call ->> 'key', p_call ->> 'operation', p_call ->> 'fingerprint', p_verdict);
    END IF;
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip)
    VALUES (p_call ->> 'auditId', p_call ->> 'actor', p_call ->> 'operation', p_target,
            coalesce(p_verdict #>> '{refusal,code}', p_verdict ->> 'fault', 'OK'),
            p_call ->> 'requestId', p_call ->> 'clientIp');
    RETURN p_verdict;
END $$;

-- The next number of a series. Its row is the last that is locked, and only until the commit: so no number is lost.
CREATE FUNCTION "next_number"(p_owner text, p_kind text) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO number_series AS s (owner_id, kind, last_number) VALUES (p_owner, p_kind, 1)
    ON CONFLICT (owner_id, kind) DO UPDATE SET last_number = s.last_number + 1
    RETURNING s.last_number
$$;

-- One posting without a key of its own, for the functions below. Any other answer than a value ends their transaction
-- block with SQLSTATE TG001 and the answer as message. p_holder: in whose name, where it is not the actor's.
CREATE FUNCTION "post_one"(
    p_op text, p_kind text, p_debit text, p_credit text, p_id text, p_unit text, p_amount bigint, p_expires_in int,
    p_description text, p_invoice text, p_actor text,
    p_holder text DEFAULT ''
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_verdict jsonb;
BEGIN
    SELECT b.verdict INTO STRICT v_verdict FROM post_batch(
        ARRAY[p_debit, p_credit], '{}', ARRAY[p_op], ARRAY[p_kind], ARRAY[1], ARRAY[2], ARRAY[0], ARRAY[p_id], ARRAY[''],
        ARRAY[p_unit], ARRAY[p_amount], ARRAY[FALSE], ARRAY[p_expires_in], ARRAY[''], ARRAY[p_description],
        ARRAY[p_invoice], ARRAY[p_holder], ARRAY[p_actor],
        ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY['']) b;
    IF NOT v_verdict ? 'value' THEN
        RAISE EXCEPTION '%', v_verdict USING ERRCODE = 'TG001';
    END IF;
END $$;

-- Opens a grant's escrow and reserves its price on the payer's account. Refused, neither exists.
-- Opening and abandoning one grant's escrow (abandon_escrow) exclude each other by an advisory lock, taken first.
-- p_call: scope, key, operation, fingerprint, actor, auditId, requestId, clientIp, and refusal where the input alone was
-- refused. p_input: accountId, holdId, grantId, holderId, payerId, payeeId, unit, amount, expiresIn, startsAt, endsAt,
-- name, service, offerId and clusterId (what the grant is of), spenderId (who asks: in whose name the price is spent, the holder's where it is absent).
CREATE FUNCTION "open_escrow"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_known jsonb;
    v_payer record;
    v_payee record;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, p_input ->> 'payerId', jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(p_input ->> 'grantId', 0));
    BEGIN
        IF EXISTS (SELECT 1 FROM abandoned_grant g WHERE g.grant_id = p_input ->> 'grantId') THEN
            RAISE EXCEPTION '{"refusal": {"code": "ESCROW_ABANDONED"}}' USING ERRCODE = 'TG001';
        END IF;
        SELECT a.kind, a.unit INTO v_payer FROM account a WHERE a.id = p_input ->> 'payerId';
        SELECT a.kind, a.unit INTO v_payee FROM account a WHERE a.id = p_input ->> 'payeeId';
        IF v_payer.kind NOT IN ('PERSONAL', 'GROUP') OR v_payee.kind IS DISTINCT FROM 'REVENUE' THEN
            RAISE EXCEPTION '{"refusal": {"code": "ESCROW_WRONG_PAYEE"}}' USING ERRCODE = 'TG001';
        END IF;
        IF v_payer.unit <> v_payee.unit THEN
            RAISE EXCEPTION '{"refusal": {"code": "UNIT_MISMATCH"}}' USING ERRCODE = 'TG001';
        END IF;
        IF EXISTS (SELECT 1 FROM escrow e WHERE e.grant_id = p_input ->> 'grantId') THEN
            RAISE EXCEPTION '{"refusal": {"code": "ESCROW_EXISTS"}}' USING ERRCODE = 'TG001';
        END IF;
        INSERT INTO account (id, name, kind, unit, owner_id)
        VALUES (p_input ->> 'accountId', p_input ->> 'name', 'ESCROW', v_payer.unit, p_input ->> 'holderId');
        INSERT INTO escrow (account_id, grant_id, holder_id, payer_id, payee_id, hold_id, opened_by, starts_at, ends_at,
                            offer_id, cluster_id)
        VALUES (p_input ->> 'accountId', p_input ->> 'grantId', p_input ->> 'holderId', p_input ->> 'payerId',
                p_input ->> 'payeeId', p_input ->> 'holdId', p_input ->> 'service',
                (p_input ->> 'startsAt')::timestamptz, (p_input ->> 'endsAt')::timestamptz,
                p_input ->> 'offerId', p_input ->> 'clusterId');
        PERFORM post_one('HOLD', '', p_input ->> 'payerId', p_input ->> 'accountId', p_input ->> 'holdId',
            p_input ->> 'unit', (p_input ->> 'amount')::bigint, (p_input ->> 'expiresIn')::int, p_input ->> 'name', '',
            p_input ->> 'service', coalesce(p_input ->> 'spenderId', ''));
    EXCEPTION WHEN SQLSTATE 'TG001' THEN
        RETURN conclude(p_call, p_input ->> 'payerId', SQLERRM::jsonb);
    END;
    RETURN conclude(p_call, p_input ->> 'accountId', jsonb_build_object('value', jsonb_build_object(
        'accountId', p_input ->> 'accountId', 'holdId', p_input ->> 'holdId')));
END $$;

-- Ends a grant's escrow: posts to the payee what it earned by time and is not posted yet, returns the rest to the payer
-- and credits it in the provider's series: one credit note, a line for each invoice that paid for what is left, the newest
-- first, as escrow_fills has it. p_input: accountId, unit, earned, usageId, refundId, creditNoteId.
CREATE FUNCTION "close_escrow"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_id CONSTANT text := p_input ->> 'accountId';
    v_known jsonb;
    v_escrow record;
    v_account record;
    v_due bigint;
    v_rest bigint;
    v_series text;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, v_id, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    SELECT e.* INTO v_escrow FROM escrow e WHERE e.account_id = v_id;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    BEGIN
        -- The three accounts in the order that every posting keeps; post_one finds them locked.
        PERFORM 1 FROM account a WHERE a.id IN (v_id, v_escrow.payer_id, v_escrow.payee_id)
        ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        -- Two postings of one transaction: the budgets that the second shares are locked before the first takes the head.
        PERFORM lock_budgets(ARRAY[v_id, v_escrow.payer_id, v_escrow.payee_id]);
        SELECT a.status, a.posted, a.unit INTO STRICT v_account FROM account a WHERE a.id = v_id;
        IF v_account.status = 'CLOSED' THEN
            RAISE EXCEPTION '{"refusal": {"code": "ACCOUNT_CLOSED"}}' USING ERRCODE = 'TG001';
        END IF;
        IF p_input ->> 'unit' <> v_account.unit THEN
            RAISE EXCEPTION '{"refusal": {"code": "UNIT_MISMATCH"}}' USING ERRCODE = 'TG001';
        END IF;
        IF EXISTS (SELECT 1 FROM hold h WHERE (h.debit_id = v_id OR h.id = v_escrow.hold_id)
                                          AND h.status = 'OPEN' AND h.expires_at > clock_timestamp()) THEN
            RAISE EXCEPTION '{"refusal": {"code": "ACCOUNT_NOT_EMPTY"}}' USING ERRCODE = 'TG001';
        END IF;
        SELECT e.earned INTO STRICT v_due FROM escrow e WHERE e.account_id = v_id;
        v_due := (p_input ->> 'earned')::bigint - v_due;
        v_rest := v_account.posted - v_due;
        IF v_due < 0 OR v_rest < 0 THEN
            RAISE EXCEPTION '{"refusal": {"code": "EARNED_OUT_OF_RANGE"}}' USING ERRCODE = 'TG001';
        END IF;
        IF v_due > 0 THEN
            -- One transfer names one invoice: none where what is earned may be of several.
            PERFORM post_one('TRANSFER', 'USAGE', v_id, v_escrow.payee_id, p_input ->> 'usageId', v_account.unit, v_due, 0,
                'Earned by time', coalesce((SELECT min(i.id) FROM hold h JOIN invoice i ON i.hold_id = h.id AND i.status = 'PAID'
                                            WHERE h.credit_id = v_id HAVING count(*) = 1), ''), p_call ->> 'actor');
        END IF;
        IF v_rest > 0 THEN
            PERFORM post_one('TRANSFER', 'REFUND', v_id, v_escrow.payer_id, p_input ->> 'refundId', v_account.unit, v_rest,
                0, 'Not used', p_input ->> 'creditNoteId', p_call ->> 'actor');
            SELECT a.owner_id INTO STRICT v_series FROM account a WHERE a.id = v_escrow.payee_id;
            INSERT INTO invoice (id, series_owner_id, number, kind, status, unit, total, payer_id, payee_id, issued_at)
            VALUES (p_input ->> 'creditNoteId', v_series, next_number(v_series, 'INVOICE'), 'CREDIT_NOTE', 'PAID',
                v_account.unit, v_rest, v_escrow.payer_id, v_escrow.payee_id, clock_timestamp());
            INSERT INTO invoice_line (invoice_id, position, description, quantity, unit_price, amount, credits_id)
            SELECT p_input ->> 'creditNoteId', row_number() OVER (ORDER BY f.placed_at DESC, f.hold_id DESC), 'Not used', '1',
                   f.amount, f.amount, i.id
            FROM escrow_fills(v_id, v_rest) f LEFT JOIN invoice i ON i.hold_id = f.hold_id AND i.status = 'PAID';
        END IF;
        UPDATE account SET status = 'CLOSED' WHERE id = v_id;
        UPDATE escrow SET earned = (p_input ->> 'earned')::bigint, closed_at = clock_timestamp() WHERE account_id = v_id;
    EXCEPTION WHEN SQLSTATE 'TG001' THEN
        RETURN conclude(p_call, v_id, SQLERRM::jsonb);
    END;
    RETURN conclude(p_call, v_id, jsonb_build_object('value', jsonb_strip_nulls(jsonb_build_object(
        'accountId', v_id,
        'transferId', CASE WHEN v_due > 0 THEN p_input ->> 'usageId' END,
        'refundId', CASE WHEN v_rest > 0 THEN p_input ->> 'refundId' END,
        'creditNoteId', CASE WHEN v_rest > 0 THEN p_input ->> 'creditNoteId' END))));
END $$;

REVOKE ALL ON FUNCTION "recall_outcome", "conclude", "next_number", "post_one", "open_escrow", "close_escrow" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "open_escrow", "close_escrow" TO __APP_ROLE__;
