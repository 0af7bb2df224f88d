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
        ELSE format('%s %s are still to be given back for corrected use, and the provider cannot pay now. Ask it, or an operator, to '
                    || 'pay that into its REVENUE account (transfer, deposit); payUsage collects it then, and the account can be closed.',
                    in_units(p_to), p_unit) END)
$$;

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
