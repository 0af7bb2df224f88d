-- Owed use: an account that owes, or is owed, is not closed; what it owes can be paid at once.

-- What is open between an account and the providers, both above zero.
CREATE FUNCTION "usage_owed"(p_account text, OUT by_account numeric, OUT to_account numeric)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(sum(greatest(k.amount - k.charged - k.waived, 0)), 0), coalesce(sum(greatest(k.charged - k.amount, 0)), 0)
    FROM usage_record k WHERE k.payer_id = p_account AND k.amount <> k.charged + k.waived
$$;

CREATE FUNCTION "owed_refusal"(p_by numeric, p_to numeric, p_unit text) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object('type', 'Refused', 'code', 'USAGE_OWED', 'message', CASE
        WHEN p_by > 0 THEN format('%s %s are owed for use. Pay them with payUsage (deposit what is missing), or have them waived '
                                  || '(proposeAdjustment); then close the account.', in_units(p_by), p_unit)
        ELSE format('%s %s are still to be given back for corrected use. payUsage collects them as soon as the provider can pay.',
                    in_units(p_to), p_unit) END)
$$;

-- As in 20261121060300_account_states, with USAGE_OWED.
CREATE OR REPLACE FUNCTION "change_account"(p_call jsonb, p_input jsonb) RETURNS jsonb
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

-- Pays what an account owes for use, as far as its money goes, oldest use first, and collects what it is owed. p_input: accountId;
-- p_transfer: an id for each provider that is paid, of which there may be more: the next call does those.
CREATE FUNCTION "pay_usage"(p_call jsonb, p_input jsonb, p_transfer text[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'accountId';
    v_known jsonb;
    v_account record;
    v_payees text[];
    v_paid numeric := 0;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    v_payees := ARRAY(SELECT DISTINCT c.payee_id FROM usage_record k JOIN rate_card c ON c.id = k.rate_card_id
                      WHERE k.payer_id = c_id AND k.amount <> k.charged + k.waived
                      ORDER BY c.payee_id LIMIT cardinality(p_transfer));
    PERFORM 1 FROM account a WHERE a.id = ANY (v_payees || c_id) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
    SELECT a.status, a.unit INTO v_account FROM account a WHERE a.id = c_id;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    IF v_account.status <> 'OPEN' THEN
        RETURN conclude(p_call, c_id, jsonb_build_object('refusal', jsonb_build_object('code', 'ACCOUNT_' || v_account.status)));
    END IF;
    PERFORM lock_budgets(v_payees || c_id);
    -- Late holds are let go, so that what they reserved can pay.
    PERFORM b.ord FROM post_batch(v_payees || c_id, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
    FOR i IN 1..cardinality(v_payees) LOOP
        v_paid := v_paid + (charge_owed(v_payees[i], v_account.unit, ARRAY[c_id], ARRAY[p_transfer[i]], p_call ->> 'actor'))[1];
    END LOOP;
    RETURN conclude(p_call, c_id, jsonb_build_object('value', jsonb_build_object('accountId', c_id, 'paid', v_paid::text,
        'owed', (SELECT o.by_account::text FROM usage_owed(c_id) o), 'unit', v_account.unit)));
END $$;

REVOKE ALL ON FUNCTION "usage_owed", "owed_refusal", "pay_usage" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "pay_usage" TO __APP_ROLE__;
