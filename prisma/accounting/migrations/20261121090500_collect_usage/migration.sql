-- Collects what is owed for use, from accounts that can pay again, and gives back what a provider owes: for each account
-- one posting, oldest use first. Rounds are bounded: p_transfer has an id for each account, and at most some thousands of
-- records are looked at, shared out among the accounts. Gives how many accounts were posted on.
CREATE FUNCTION "collect_usage"(p_transfer text[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    c_records CONSTANT int := 5000;
    v_payee text;
    v_unit text;
    v_payers text[];
    v_posted boolean[];
    v_net bigint[];
    v_id text[];
    v_charge jsonb;
    v_count int := 0;
BEGIN
    -- One provider a round, so that every posting of it is between that account and a payer; another round does the next.
    FOR v_payee, v_unit, v_payers IN
        SELECT o.payee_id, o.unit, (array_agg(DISTINCT o.payer_id))[1:cardinality(p_transfer)]
        FROM (SELECT c.payee_id, c.unit, k.payer_id FROM usage_record k
              JOIN rate_card c ON c.id = k.rate_card_id
              JOIN account a ON a.id = k.payer_id
              JOIN account e ON e.id = c.payee_id
              WHERE k.amount <> k.charged AND a.status <> 'CLOSED' AND CASE WHEN k.amount > k.charged
                    THEN a.status = 'OPEN' AND a.posted::numeric + a.overdraft_limit - a.held > 0
                    ELSE e.status = 'OPEN' AND e.posted::numeric + e.overdraft_limit - e.held > 0 END
              ORDER BY k.payer_id, k.starts_at LIMIT c_records) o
        GROUP BY o.payee_id, o.unit ORDER BY o.payee_id LIMIT 1
    LOOP
        PERFORM 1 FROM account a WHERE a.id = ANY (v_payers || v_payee) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        SELECT array_agg(p.payer_id ORDER BY p.payer_id), array_agg(p.net ORDER BY p.payer_id),
               jsonb_object_agg(p.payer_id, p.charges)
        INTO v_payers, v_net, v_charge
        FROM (
            SELECT s.payer_id, sum(s.charge)::bigint AS net,
                   jsonb_agg(jsonb_build_array(s.cluster_id, s.external_id, s.segment, s.charge)) AS charges
            FROM (
                SELECT t.*, CASE WHEN t.due <= 0 THEN t.due
                                 ELSE greatest(least(t.due, t.room - (t.wanted - t.due)), 0)::bigint END AS charge
                FROM (
                    SELECT k.cluster_id, k.external_id, k.segment, k.payer_id, k.amount - k.charged AS due,
                           CASE a.status WHEN 'OPEN' THEN greatest(a.posted::numeric + a.overdraft_limit - a.held, 0)
                                         ELSE 0 END
                           + sum(greatest(k.charged - k.amount, 0)) OVER (PARTITION BY k.payer_id) AS room,
                           sum(greatest(k.amount - k.charged, 0)) OVER (PARTITION BY k.payer_id
                               ORDER BY k.starts_at, k.cluster_id, k.external_id, k.segment) AS wanted
                    FROM unnest(v_payers) AS w(id) JOIN account a ON a.id = w.id
                    CROSS JOIN LATERAL (
                        SELECT u.* FROM usage_record u JOIN rate_card c ON c.id = u.rate_card_id
                        WHERE u.payer_id = w.id AND u.amount <> u.charged AND c.payee_id = v_payee
                        ORDER BY u.starts_at LIMIT greatest(c_records / cardinality(v_payers), 1)) k
                ) t
            ) s WHERE s.charge <> 0 GROUP BY s.payer_id
        ) p;
        IF v_payers IS NULL THEN CONTINUE; END IF;
        v_id := p_transfer[1:cardinality(v_payers)];
        v_posted := post_usage(v_payee, v_unit, v_payers, v_net, v_id, 'Owed for use', 'ledger');
        UPDATE usage_record k SET charged = k.charged + (c.charge ->> 3)::bigint, transfer_id = v_id[t.n]
        FROM unnest(v_payers, v_posted) WITH ORDINALITY AS t(payer_id, posted, n)
        CROSS JOIN LATERAL jsonb_array_elements(v_charge -> t.payer_id) AS c(charge)
        WHERE t.posted AND k.cluster_id = c.charge ->> 0 AND k.external_id = c.charge ->> 1
          AND k.segment = (c.charge ->> 2)::int;
        SELECT count(*) INTO v_count FROM unnest(v_posted) AS t(posted) WHERE t.posted;
    END LOOP;
    RETURN v_count;
END $$;

REVOKE ALL ON FUNCTION "collect_usage" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "collect_usage" TO __APP_ROLE__;
