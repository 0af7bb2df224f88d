-- What composes post_batch, where budgets make a difference.

-- One posting without a key of its own, for the functions below. Any other answer than a value ends their transaction
-- block with SQLSTATE TG001 and the answer as message. p_holder: in whose name, where it is not the actor's.
DROP FUNCTION "post_one";
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

-- As in 20261121080000_mandates: the hold is spending of whoever gave the mandate, and what budgets the payer has is not the
-- payee's to know.
CREATE OR REPLACE FUNCTION "place_mandate_hold"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'mandateId';
    c_amount CONSTANT bigint := (p_input ->> 'amount')::bigint;
    v_known jsonb;
    v_use record;
    v_verdict jsonb;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    BEGIN
        INSERT INTO mandate_use (mandate_id, issuer_id, unit, maximum, once)
        VALUES (c_id, p_input ->> 'issuerId', p_input ->> 'unit', (p_input ->> 'maximum')::bigint,
                (p_input ->> 'once')::boolean)
        ON CONFLICT DO NOTHING;
        SELECT u.* INTO STRICT v_use FROM mandate_use u WHERE u.mandate_id = c_id FOR NO KEY UPDATE;
        -- After the lock: time spent waiting for it counts.
        IF clock_timestamp() >= (p_input ->> 'mandateExpiresAt')::timestamptz THEN
            RAISE EXCEPTION '{"refusal": {"code": "MANDATE_EXPIRED"}}' USING ERRCODE = 'TG001';
        END IF;
        IF (v_use.once AND v_use.holds > 0) OR c_amount > v_use.maximum - v_use.used THEN
            RAISE EXCEPTION '{"refusal": {"code": "MANDATE_EXHAUSTED"}}' USING ERRCODE = 'TG001';
        END IF;
        PERFORM post_one('HOLD', '', p_input ->> 'debitId', p_input ->> 'creditId', p_input ->> 'holdId',
            p_input ->> 'unit', c_amount, (p_input ->> 'expiresIn')::int, p_input ->> 'reason', '', p_call ->> 'actor',
            p_input ->> 'issuerId');
        UPDATE hold SET resource = p_input ->> 'resource' WHERE id = p_input ->> 'holdId';
        UPDATE mandate_use SET used = used + c_amount, holds = holds + 1 WHERE mandate_id = c_id;
        INSERT INTO mandate_hold (hold_id, mandate_id) VALUES (p_input ->> 'holdId', c_id);
    EXCEPTION WHEN SQLSTATE 'TG001' THEN
        v_verdict := SQLERRM::jsonb;
        -- The payee asks: what the payer has is not the payee's to know.
        IF v_verdict #>> '{refusal,code}' = 'INSUFFICIENT_FUNDS' THEN
            v_verdict := '{"refusal": {"type": "Refused", "code": "INSUFFICIENT_FUNDS",
                "message": "The account that the mandate is for cannot cover the amount."}}';
        ELSIF v_verdict #>> '{refusal,code}' = 'LIMIT_EXCEEDED' THEN
            v_verdict := '{"refusal": {"type": "LimitExceeded", "code": "LIMIT_EXCEEDED", "limit": "budget of the payer",
                "message": "A budget of the account that the mandate is for stands in the way. Ask the payer to raise it."}}';
        END IF;
        RETURN conclude(p_call, c_id, v_verdict);
    END;
    RETURN conclude(p_call, p_input ->> 'holdId', jsonb_build_object('value', jsonb_build_object(
        'holdId', p_input ->> 'holdId')));
END $$;

-- Two postings of one transaction: what the second shares with other accounts is locked before the first takes the head.
ALTER FUNCTION "close_escrow" RENAME TO "close_escrow_locked";
REVOKE ALL ON FUNCTION "close_escrow_locked" FROM __APP_ROLE__;
CREATE FUNCTION "close_escrow"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_accounts text[];
BEGIN
    SELECT array_agg(s.id) INTO v_accounts FROM (
        SELECT a.id FROM escrow e JOIN account a ON a.id IN (e.account_id, e.payer_id, e.payee_id)
        WHERE e.account_id = p_input ->> 'accountId' ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE OF a) s;
    PERFORM lock_budgets(v_accounts);
    RETURN close_escrow_locked(p_call, p_input);
END $$;

REVOKE ALL ON FUNCTION "post_one", "close_escrow" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "close_escrow" TO __APP_ROLE__;
