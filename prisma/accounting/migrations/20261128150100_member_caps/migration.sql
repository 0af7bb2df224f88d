-- AlterTable
ALTER TABLE "escrow" ADD COLUMN     "member_cap" BIGINT;

-- Caps: how much of a group's escrow one member may use. A cap is a hard budget of the member on the escrow, over the
-- escrow's window, so that it is judged where every hold is judged, under the account's lock. What everybody may use stands
-- with the escrow; a member's budget is made of it with the first hold (default_cap, called by count_posting).
ALTER TABLE "escrow"
    ADD CONSTRAINT "escrow_member_cap" CHECK ("member_cap" IS NULL OR ("member_cap" > 0 AND left("holder_id", 4) = 'grp_'));

-- The budget that caps a member, with what the escrow's holds say the member has used: they are counted by whose they are.
CREATE FUNCTION "add_cap"(p_escrow escrow, p_unit text, p_member text, p_maximum bigint, p_cap text, p_by text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_new budget;
BEGIN
    INSERT INTO budget AS b (id, account_id, member_id, unit, period, starts_at, ends_at, name, maximum, hard, thresholds,
        counts_from, set_by, cap)
    VALUES (new_id('bud'), p_escrow.account_id, p_member, p_unit, 'WINDOW', p_escrow.starts_at, p_escrow.ends_at,
        'cap of ' || p_member || ' on ' || p_escrow.grant_id, p_maximum, TRUE, '{80,100}', p_escrow.starts_at, p_by, p_cap)
    RETURNING b.* INTO v_new;
    INSERT INTO budget_use (budget_id, period_start, spent, held)
    SELECT v_new.id, v_new.starts_at, f.spent, f.held FROM budget_so_far(v_new, v_new.starts_at, v_new.ends_at) f;
END $$;

-- Makes the cap of a member who has none, where the escrow says what everybody may use. The account is locked.
CREATE FUNCTION "default_cap"(p_account text, p_member text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_escrow escrow;
BEGIN
    SELECT e.* INTO v_escrow FROM escrow e WHERE e.account_id = p_account AND e.member_cap IS NOT NULL;
    IF v_escrow.account_id IS NULL OR EXISTS (SELECT 1 FROM budget b WHERE b.removed_at IS NULL AND b.account_id = p_account
                                                                    AND b.member_id = p_member) THEN
        RETURN;
    END IF;
    PERFORM add_cap(v_escrow, a.unit, p_member, v_escrow.member_cap, 'DEFAULT', 'ledger') FROM account a WHERE a.id = p_account;
END $$;

-- A cap lasts as long as what it caps.
CREATE FUNCTION "follow_escrow_window"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE budget SET ends_at = NEW.ends_at
    WHERE account_id = NEW.account_id AND cap IS NOT NULL AND removed_at IS NULL AND ends_at <> NEW.ends_at;
    RETURN NULL;
END $$;
CREATE TRIGGER "escrow_window_of_caps" AFTER UPDATE OF "ends_at" ON "escrow"
FOR EACH ROW EXECUTE FUNCTION "follow_escrow_window"();

-- Sets, replaces or removes what one member, or (without memberId) everybody without a cap of the own, may use of an escrow.
-- p_call as of set_budget; p_input: accountId, memberId, unit, maximum (absent: remove), capsMax.
CREATE FUNCTION "set_member_cap"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'accountId';
    c_member CONSTANT text := p_input ->> 'memberId';
    c_maximum CONSTANT bigint := (p_input ->> 'maximum')::bigint;
    c_verdict CONSTANT jsonb := jsonb_build_object('value', jsonb_build_object('accountId', c_id));
    v_account record;
    v_escrow escrow;
    v_old budget;
    v_before bigint;
    v_maximum bigint;
    v_code jsonb;
BEGIN
    -- Late holds are let go, as by any posting on the account, which is locked from here on.
    IF NOT p_call ? 'refusal' THEN
        PERFORM 1 FROM account a WHERE a.id = c_id FOR NO KEY UPDATE;
        PERFORM b.ord FROM post_batch(ARRAY[c_id], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
            '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
    END IF;
    SELECT a.unit, a.status INTO v_account FROM account a WHERE a.id = c_id;
    SELECT e.* INTO v_escrow FROM escrow e WHERE e.account_id = c_id;
    IF v_escrow.account_id IS NULL THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    SELECT b.* INTO v_old FROM budget b
    WHERE b.removed_at IS NULL AND b.account_id = c_id AND b.member_id = c_member AND b.cap IS NOT NULL;
    v_before := CASE WHEN c_member IS NULL THEN v_escrow.member_cap WHEN v_old.cap = 'OWN' THEN v_old.maximum END;
    v_code := CASE
        WHEN p_call ? 'refusal' THEN p_call -> 'refusal'
        WHEN left(v_escrow.holder_id, 4) <> 'grp_' THEN jsonb_build_object('type', 'InvalidInput', 'code', 'INVALID_INPUT',
            'message', 'Only a grant that a group holds has caps of members.', 'path', '["grantId"]'::jsonb)
        WHEN c_maximum IS NOT NULL AND p_input ->> 'unit' <> v_account.unit THEN '{"code": "UNIT_MISMATCH"}'
        WHEN v_account.status = 'CLOSED' THEN '{"code": "ACCOUNT_CLOSED"}'
        WHEN c_maximum IS NOT NULL AND c_member IS NOT NULL AND v_old.cap IS DISTINCT FROM 'OWN' AND (SELECT count(*)
            FROM budget b WHERE b.removed_at IS NULL AND b.account_id = c_id AND b.cap = 'OWN') >= (p_input ->> 'capsMax')::int
            THEN jsonb_build_object('type', 'LimitExceeded', 'code', 'LIMIT_EXCEEDED', 'limit', 'caps', 'message',
                'There are ' || (p_input ->> 'capsMax') || ' caps of members already. Remove one.') END;
    IF v_code IS NULL THEN
        IF v_before IS NOT DISTINCT FROM c_maximum THEN RETURN c_verdict; END IF;
        IF c_member IS NULL THEN
            UPDATE escrow SET member_cap = c_maximum WHERE account_id = c_id;
            UPDATE budget SET maximum = coalesce(c_maximum, maximum),
                removed_at = CASE WHEN c_maximum IS NULL THEN clock_timestamp() END
            WHERE account_id = c_id AND cap = 'DEFAULT' AND removed_at IS NULL;
            -- Whoever has used it already is counted from now on too; the others are with their first hold.
            IF c_maximum IS NOT NULL THEN
                v_escrow.member_cap := c_maximum;
                PERFORM add_cap(v_escrow, v_account.unit, s.spender_id, c_maximum, 'DEFAULT', p_call ->> 'actor')
                FROM (SELECT DISTINCT h.spender_id FROM hold h WHERE h.debit_id = c_id) s
                WHERE NOT EXISTS (SELECT 1 FROM budget b WHERE b.removed_at IS NULL AND b.account_id = c_id
                                                           AND b.member_id = s.spender_id);
            END IF;
        ELSE
            v_maximum := coalesce(c_maximum, v_escrow.member_cap);
            IF v_maximum IS NULL THEN
                UPDATE budget SET removed_at = clock_timestamp() WHERE id = v_old.id;
            ELSIF v_old.id IS NULL THEN
                PERFORM add_cap(v_escrow, v_account.unit, c_member, v_maximum, 'OWN', p_call ->> 'actor');
            ELSE
                UPDATE budget SET maximum = v_maximum, cap = CASE WHEN c_maximum IS NULL THEN 'DEFAULT' ELSE 'OWN' END,
                    set_by = p_call ->> 'actor', set_at = clock_timestamp()
                WHERE id = v_old.id;
            END IF;
        END IF;
        UPDATE account SET budgeted = EXISTS (SELECT 1 FROM escrow e WHERE e.account_id = c_id AND e.member_cap IS NOT NULL)
            OR EXISTS (SELECT 1 FROM budget b WHERE b.removed_at IS NULL AND b.account_id = c_id)
        WHERE id = c_id;
    END IF;
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
    VALUES (p_call ->> 'auditId', p_call ->> 'actor', p_call ->> 'operation', c_id, coalesce(v_code ->> 'code', 'OK'),
            p_call ->> 'requestId', p_call ->> 'clientIp', jsonb_strip_nulls(jsonb_build_object('grantId', v_escrow.grant_id,
                'memberId', c_member, 'beforeMicros', v_before::text, 'afterMicros', c_maximum::text)));
    RETURN CASE WHEN v_code IS NULL THEN c_verdict ELSE jsonb_build_object('refusal', v_code) END;
END $$;

REVOKE ALL ON FUNCTION "add_cap", "default_cap", "follow_escrow_window", "set_member_cap" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "set_member_cap" TO __APP_ROLE__;
