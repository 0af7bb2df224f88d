-- Publishes the prices of a cluster from an instant on. p_input: id, clusterId, payeeId, validFrom (absent: from now on),
-- rates [{ resource, coreHour, gpuHour, memoryGibHour, storageGibMonth }] in millionths. The first card of a cluster may
-- begin in the past, since nothing is priced yet; a later one may neither begin in the past nor before another, because
-- what was priced stays priced.
CREATE FUNCTION "publish_rates"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_cluster CONSTANT text := p_input ->> 'clusterId';
    v_known jsonb;
    v_payee record;
    v_last record;
    v_now timestamptz;
    v_from timestamptz;
BEGIN
    v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
    IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    IF p_call -> 'refusal' IS NOT NULL THEN
        RETURN conclude(p_call, NULL, jsonb_build_object('refusal', p_call -> 'refusal'));
    END IF;
    -- Recording takes the same lock shared: no record is priced while the prices of its cluster change.
    PERFORM pg_advisory_xact_lock(hashtextextended('rates ' || c_cluster, 0));
    v_now := date_trunc('milliseconds', clock_timestamp());
    v_from := coalesce((p_input ->> 'validFrom')::timestamptz, v_now);
    SELECT a.kind, a.unit INTO v_payee FROM account a WHERE a.id = p_input ->> 'payeeId';
    IF v_payee.kind IS DISTINCT FROM 'REVENUE' THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    SELECT c.payee_id, c.valid_from INTO v_last FROM rate_card c WHERE c.cluster_id = c_cluster
    ORDER BY c.valid_from DESC LIMIT 1;
    IF FOUND THEN
        IF v_last.payee_id <> p_input ->> 'payeeId' THEN
            RETURN conclude(p_call, c_cluster, '{"refusal": {"type": "InvalidInput", "code": "INVALID_INPUT",
                "path": ["payeeAccountId"], "message": "All rate cards of a cluster are paid to the same account."}}');
        END IF;
        IF v_from <= v_last.valid_from THEN
            RETURN conclude(p_call, c_cluster, '{"refusal": {"code": "RATES_OVERLAP"}}');
        END IF;
        IF v_from < v_now THEN
            RETURN conclude(p_call, c_cluster, '{"refusal": {"code": "RATES_IN_PAST"}}');
        END IF;
    ELSIF v_from < v_now - interval '366 days' THEN
        RETURN conclude(p_call, c_cluster, '{"refusal": {"code": "RATES_IN_PAST"}}');
    END IF;
    INSERT INTO rate_card (id, cluster_id, payee_id, unit, valid_from, published_by, published_at)
    VALUES (p_input ->> 'id', c_cluster, p_input ->> 'payeeId', v_payee.unit, v_from, p_call ->> 'actor', v_now);
    INSERT INTO rate (rate_card_id, resource, core_hour, gpu_hour, memory_gib_hour, storage_gib_month)
    SELECT p_input ->> 'id', r ->> 'resource', (r ->> 'coreHour')::bigint, (r ->> 'gpuHour')::bigint,
           (r ->> 'memoryGibHour')::bigint, (r ->> 'storageGibMonth')::bigint
    FROM jsonb_array_elements(p_input -> 'rates') AS r;
    RETURN conclude(p_call, p_input ->> 'id',
        jsonb_build_object('value', jsonb_build_object('rateCardId', p_input ->> 'id')));
END $$;

REVOKE ALL ON FUNCTION "publish_rates" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "publish_rates" TO __APP_ROLE__;
