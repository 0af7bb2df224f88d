-- Sets an account's state: frozen, open again, closed, or how far it may be overdrawn. Without a key, since doing it again
-- changes nothing: what is so already is answered as done, and leaves no audit entry.
-- p_call: operation, actor, auditId, requestId, clientIp, and refusal where the input alone was refused.
-- p_input: accountId, change (FREEZE UNFREEZE CLOSE OVERDRAFT), and for OVERDRAFT unit and amount.
CREATE FUNCTION "change_account"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'accountId';
    c_change CONSTANT text := p_input ->> 'change';
    v_limit CONSTANT bigint := (p_input ->> 'amount')::bigint;
    v_account record;
    v_code text;
    v_status text;
    v_overdraft bigint;
    v_verdict jsonb;
    v_owed record;
BEGIN
    -- The same lock as every posting takes first: what is judged below stands until the commit.
    SELECT a.kind INTO v_account FROM account a WHERE a.id = c_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    -- Holds whose time ran out do not stand in the way: they are let go, as by any posting on this account.
    IF c_change IN ('CLOSE', 'OVERDRAFT') AND NOT p_call ? 'refusal' THEN
        PERFORM b.ord FROM post_batch(ARRAY[c_id], '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
            '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
    END IF;
    SELECT a.kind, a.unit, a.status, a.posted, a.held, a.overdraft_limit INTO STRICT v_account
    FROM account a WHERE a.id = c_id;
    v_status := CASE c_change WHEN 'FREEZE' THEN 'FROZEN' WHEN 'UNFREEZE' THEN 'OPEN' WHEN 'CLOSE' THEN 'CLOSED'
                              ELSE v_account.status END;
    v_overdraft := CASE c_change WHEN 'OVERDRAFT' THEN v_limit WHEN 'CLOSE' THEN 0 ELSE v_account.overdraft_limit END;

    SELECT o.* INTO v_owed FROM usage_owed(c_id) o;

    v_code := CASE
        WHEN p_call ? 'refusal' THEN p_call #>> '{refusal,code}'
        -- An escrow ends with its grant, and money comes from ISSUANCE; what a provider earns on stays for its grants.
        WHEN v_account.kind IN ('ESCROW', 'ISSUANCE') OR (v_account.kind = 'REVENUE' AND c_change IN ('CLOSE', 'OVERDRAFT'))
            THEN 'ACCOUNT_KIND_FIXED'
        WHEN c_change = 'OVERDRAFT' AND p_input ->> 'unit' <> v_account.unit THEN 'UNIT_MISMATCH'
        WHEN v_account.status = 'CLOSED' AND c_change <> 'CLOSE' THEN 'ACCOUNT_CLOSED'
        WHEN c_change = 'OVERDRAFT' AND v_account.posted::numeric + v_limit - v_account.held < 0 THEN 'OVERDRAFT_IN_USE'
        -- A closed account pays nothing any more, and nothing is given back to it.
        WHEN c_change = 'CLOSE' AND v_account.status <> 'CLOSED' AND v_owed.by_account + v_owed.to_account > 0 THEN 'USAGE_OWED'
        -- Holds for this account as well: they could never be captured.
        WHEN c_change = 'CLOSE' AND (v_account.posted <> 0 OR v_account.held <> 0
            OR EXISTS (SELECT 1 FROM hold h WHERE h.credit_id = c_id AND h.status = 'OPEN' AND h.expires_at > clock_timestamp())
            OR EXISTS (SELECT 1 FROM escrow e WHERE e.payer_id = c_id AND e.closed_at IS NULL)) THEN 'ACCOUNT_NOT_EMPTY'
    END;
    v_verdict := CASE WHEN p_call ? 'refusal' THEN jsonb_build_object('refusal', p_call -> 'refusal')
                      WHEN v_code = 'USAGE_OWED' THEN jsonb_build_object('refusal', owed_refusal(v_owed.by_account,
                          v_owed.to_account, v_account.unit))
                      WHEN v_code IS NOT NULL THEN jsonb_build_object('refusal', jsonb_build_object('code', v_code))
                      ELSE jsonb_build_object('value', jsonb_build_object('accountId', c_id)) END;
    IF v_code IS NULL THEN
        IF v_status = v_account.status AND v_overdraft = v_account.overdraft_limit THEN RETURN v_verdict; END IF;
        UPDATE account SET status = v_status, overdraft_limit = v_overdraft WHERE id = c_id;
    END IF;
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
    VALUES (p_call ->> 'auditId', p_call ->> 'actor', p_call ->> 'operation', c_id, coalesce(v_code, 'OK'),
            p_call ->> 'requestId', p_call ->> 'clientIp',
            CASE WHEN c_change = 'OVERDRAFT' THEN jsonb_strip_nulls(jsonb_build_object(
                'beforeMicros', v_account.overdraft_limit::text, 'afterMicros', v_limit::text)) END);
    RETURN v_verdict;
END $$;

REVOKE ALL ON FUNCTION "change_account" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "change_account" TO __APP_ROLE__;
