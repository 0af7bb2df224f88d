-- What every installation has from its first start: a unit with its ISSUANCE account, and a provider's REVENUE account.
-- Safe to call at every start.
CREATE FUNCTION "first_boot"(p_unit text, p_issuance_id text, p_provider_id text, p_revenue_id text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO unit (name, issuance_account_id) VALUES (p_unit, p_issuance_id) ON CONFLICT DO NOTHING;
    INSERT INTO account (id, name, kind, unit, owner_id)
    VALUES (p_issuance_id, p_unit || ' issuance', 'ISSUANCE', p_unit, NULL) ON CONFLICT DO NOTHING;
    -- Issuing has no floor but that of BIGINT, which post_batch guards.
    UPDATE account SET overdraft_limit = 9223372036854775807
    WHERE id = p_issuance_id AND kind = 'ISSUANCE' AND overdraft_limit = 0;
    INSERT INTO account (id, name, kind, unit, owner_id)
    VALUES (p_revenue_id, 'Revenue', 'REVENUE', p_unit, p_provider_id) ON CONFLICT DO NOTHING;
END $$;

REVOKE ALL ON FUNCTION "first_boot" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "first_boot" TO __APP_ROLE__;
