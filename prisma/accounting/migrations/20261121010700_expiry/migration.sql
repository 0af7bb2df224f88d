-- Tidies holds whose time ran out: post_batch lets them go on every account that it locks, so it is called with accounts
-- and nothing else.
CREATE FUNCTION "expire_holds"(p_accounts_max int) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_accounts text[];
BEGIN
    SELECT array_agg(DISTINCT late.debit_id) INTO v_accounts
    FROM (SELECT h.debit_id FROM hold h WHERE h.status = 'OPEN' AND h.expires_at <= clock_timestamp()
          ORDER BY h.expires_at LIMIT p_accounts_max) late;
    IF v_accounts IS NULL THEN RETURN; END IF;
    PERFORM b.ord FROM post_batch(v_accounts, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
        '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
END $$;

REVOKE ALL ON FUNCTION "expire_holds" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "expire_holds" TO __APP_ROLE__;
