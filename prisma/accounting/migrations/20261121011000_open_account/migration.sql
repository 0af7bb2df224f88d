-- Opens an account with nothing on it. p_input: accountId, name, kind, unit, ownerId. One statement for the client, as every
-- write here: an interactive transaction would hold a connection through four round trips. Who may open which is decided above.
CREATE FUNCTION "open_account"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_known jsonb;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    IF p_input ->> 'kind' NOT IN ('PERSONAL', 'GROUP', 'REVENUE') THEN RETURN '{"fault": "FORBIDDEN"}'; END IF;
    IF NOT EXISTS (SELECT 1 FROM unit u WHERE u.name = p_input ->> 'unit') THEN
        RETURN conclude(p_call, NULL, '{"refusal": {"type": "InvalidInput", "code": "UNIT_UNKNOWN", "path": ["unit"],
            "message": "There is no unit of this name."}}');
    END IF;
    INSERT INTO account (id, name, kind, unit, owner_id)
    VALUES (p_input ->> 'accountId', p_input ->> 'name', p_input ->> 'kind', p_input ->> 'unit', p_input ->> 'ownerId');
    RETURN conclude(p_call, p_input ->> 'accountId',
        jsonb_build_object('value', jsonb_build_object('accountId', p_input ->> 'accountId')));
END $$;

REVOKE ALL ON FUNCTION "open_account" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "open_account" TO __APP_ROLE__;
