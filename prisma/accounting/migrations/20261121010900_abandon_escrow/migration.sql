-- Undoes open_escrow where its answer was lost: releases the hold, withdraws its invoice and closes the escrow, if they
-- exist, and sees to it that the grant never gets one later. p_input: grantId.
CREATE FUNCTION "abandon_escrow"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_grant CONSTANT text := p_input ->> 'grantId';
    v_known jsonb;
    v_escrow record;
    v_status text;
    v_hold record;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended(c_grant, 0));
    SELECT e.account_id, e.payer_id, e.hold_id INTO v_escrow FROM escrow e WHERE e.grant_id = c_grant;
    IF NOT FOUND THEN
        INSERT INTO abandoned_grant (grant_id) VALUES (c_grant) ON CONFLICT DO NOTHING;
        RETURN conclude(p_call, c_grant, '{"value": {}}');
    END IF;
    PERFORM 1 FROM account a WHERE a.id IN (v_escrow.account_id, v_escrow.payer_id)
    ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    -- Lets the hold go if its time ran out, as any posting on these accounts does.
    PERFORM b.ord FROM post_batch(ARRAY[v_escrow.account_id, v_escrow.payer_id], '{}', '{}', '{}', '{}', '{}', '{}', '{}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
    SELECT h.status, h.captured INTO STRICT v_hold FROM hold h WHERE h.id = v_escrow.hold_id;
    SELECT a.status INTO STRICT v_status FROM account a WHERE a.id = v_escrow.account_id;
    -- Captured money is returned by close_escrow; once that is done there is nothing left to undo.
    IF v_hold.captured > 0 AND v_status <> 'CLOSED' THEN
        RETURN conclude(p_call, v_escrow.account_id, '{"refusal": {"code": "HOLD_NOT_OPEN"}}');
    END IF;
    IF v_hold.status = 'OPEN' THEN
        PERFORM b.ord FROM post_batch(ARRAY[v_escrow.account_id, v_escrow.payer_id], ARRAY[v_escrow.hold_id],
            ARRAY['RELEASE'], ARRAY[''], ARRAY[0], ARRAY[0], ARRAY[1], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[0::bigint],
            ARRAY[FALSE], ARRAY[0], ARRAY[''], ARRAY['Abandoned'], ARRAY[''], ARRAY[''], ARRAY[p_call ->> 'actor'],
            ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY[''], ARRAY['']) b;
    ELSIF v_status <> 'CLOSED' THEN
        UPDATE account SET status = 'CLOSED' WHERE id = v_escrow.account_id;
        UPDATE escrow SET closed_at = clock_timestamp() WHERE account_id = v_escrow.account_id;
    END IF;
    UPDATE invoice SET status = 'VOID' WHERE hold_id = v_escrow.hold_id AND status = 'ISSUED';
    RETURN conclude(p_call, v_escrow.account_id, jsonb_build_object('value', jsonb_build_object(
        'accountId', v_escrow.account_id, 'holdId', v_escrow.hold_id)));
END $$;

REVOKE ALL ON FUNCTION "abandon_escrow" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "abandon_escrow" TO __APP_ROLE__;
GRANT SELECT ON "abandoned_grant" TO __APP_ROLE__;
