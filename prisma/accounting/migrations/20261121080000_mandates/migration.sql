-- CreateTable
CREATE TABLE "mandate_use" (
    "mandate_id" TEXT NOT NULL,
    "issuer_id" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "maximum" BIGINT NOT NULL,
    "once" BOOLEAN NOT NULL,
    "used" BIGINT NOT NULL DEFAULT 0,
    "holds" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "mandate_use_pkey" PRIMARY KEY ("mandate_id")
);

-- CreateTable
CREATE TABLE "mandate_hold" (
    "hold_id" TEXT NOT NULL,
    "mandate_id" TEXT NOT NULL,

    CONSTRAINT "mandate_hold_pkey" PRIMARY KEY ("hold_id")
);

-- CreateIndex
CREATE INDEX "mandate_hold_mandate_id_idx" ON "mandate_hold"("mandate_id");

-- Behind the function's own judgement: no mandate is used above its maximum, and one for once not twice.
ALTER TABLE "mandate_use"
    ADD CONSTRAINT "mandate_use_maximum" CHECK ("used" BETWEEN 0 AND "maximum"),
    ADD CONSTRAINT "mandate_use_once" CHECK (NOT "once" OR "holds" <= 1);
GRANT SELECT ON "mandate_use", "mandate_hold" TO __APP_ROLE__;

-- Places a hold by a mandate, which the service has read and found to be for this payee and resource. What is used up is
-- judged here, under the mandate's row, which is locked before the accounts: of two uses at the same time the second sees
-- the first. Each hold counts with its whole amount, whatever becomes of it; it is spending of whoever gave the mandate, and
-- what budgets the payer has is not the payee's to know. p_call as for open_escrow; p_input:
-- mandateId, issuerId, maximum, once, mandateExpiresAt, holdId, debitId, creditId, unit, amount, expiresIn, resource,
-- reason.
CREATE FUNCTION "place_mandate_hold"(p_call jsonb, p_input jsonb) RETURNS jsonb
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

REVOKE ALL ON FUNCTION "place_mandate_hold" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "place_mandate_hold" TO __APP_ROLE__;
