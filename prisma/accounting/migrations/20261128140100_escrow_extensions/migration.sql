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
RETURNS TABLE ("hold_id" text, "placed_at" timestamptz, "spender_id" text, "amount" bigint)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT f.id, f.placed_at, f.spender_id, least(f.captured, p_amount - f.newer)::bigint
    FROM (SELECT h.id, h.placed_at, h.spender_id, h.captured,
                 sum(h.captured) OVER (ORDER BY h.placed_at DESC, h.id DESC) - h.captured AS newer
          FROM hold h JOIN escrow e ON e.account_id = h.credit_id
          WHERE h.credit_id = p_escrow AND h.captured > 0) f
    WHERE f.newer < p_amount
$$;
REVOKE ALL ON FUNCTION "escrow_fills" FROM PUBLIC;
