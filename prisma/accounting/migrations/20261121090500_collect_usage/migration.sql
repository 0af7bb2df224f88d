-- Charges what payers owe one provider and can pay, oldest use first, and gives back what it owes them, one posting for each:
-- p_transfer has an id for each payer. At most some thousands of records, shared out among the payers. All of these accounts
-- are locked already. Gives what was posted of each, below zero where it was given back.
CREATE FUNCTION "charge_owed"(p_payee text, p_unit text, p_payers text[], p_transfer text[], p_actor text) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    c_records CONSTANT int := 5000;
    v_net bigint[];
    v_charge jsonb;
    v_posted boolean[];
BEGIN
    SELECT array_agg(coalesce(p.net, 0) ORDER BY w.n), jsonb_object_agg(w.id, p.charges)
    INTO v_net, v_charge
    FROM unnest(p_payers) WITH ORDINALITY AS w(id, n)
    LEFT JOIN (
        SELECT s.payer_id, sum(s.charge)::bigint AS net,
               jsonb_agg(jsonb_build_array(s.cluster_id, s.external_id, s.segment, s.charge, s.user_id)) AS charges
        FROM (
            SELECT t.*, CASE WHEN t.due <= 0 THEN t.due
                             ELSE greatest(least(t.due, t.room - (t.wanted - t.due)), 0)::bigint END AS charge
            FROM (
                SELECT k.cluster_id, k.external_id, k.segment, k.payer_id, k.user_id, k.due,
                       CASE a.status WHEN 'OPEN' THEN greatest(a.posted::numeric + a.overdraft_limit - a.held, 0)
                                     ELSE 0 END
                       + sum(greatest(-k.due, 0)) OVER (PARTITION BY k.payer_id) AS room,
                       sum(greatest(k.due, 0)) OVER (PARTITION BY k.payer_id
                           ORDER BY k.starts_at, k.cluster_id, k.external_id, k.segment) AS wanted
                FROM unnest(p_payers) AS w(id) JOIN account a ON a.id = w.id
                CROSS JOIN LATERAL (
                    SELECT u.*, u.amount - u.charged - u.waived AS due FROM usage_record u JOIN rate_card c ON c.id = u.rate_card_id
                    WHERE u.payer_id = w.id AND u.amount <> u.charged + u.waived AND c.payee_id = p_payee
                    ORDER BY u.starts_at LIMIT greatest(c_records / cardinality(p_payers), 1)) k
            ) t
        ) s WHERE s.charge <> 0 GROUP BY s.payer_id
    ) p ON p.payer_id = w.id;
    v_posted := post_usage(p_payee, p_unit, p_payers, v_net, p_transfer, 'Owed for use', p_actor);
    UPDATE usage_record k SET charged = k.charged + (c.charge ->> 3)::bigint, transfer_id = CASE WHEN t.net <> 0 THEN p_transfer[t.n] ELSE k.transfer_id END
    FROM unnest(p_payers, v_posted, v_net) WITH ORDINALITY AS t(payer_id, posted, net, n)
    CROSS JOIN LATERAL jsonb_array_elements(nullif(v_charge -> t.payer_id, 'null')) AS c(charge)
    WHERE t.posted AND k.cluster_id = c.charge ->> 0 AND k.external_id = c.charge ->> 1
      AND k.segment = (c.charge ->> 2)::int;
    -- budgets: the posting is of all of an account's people together.
    IF EXISTS (SELECT 1 FROM budget b WHERE b.account_id = ANY (p_payers) AND b.member_id IS NOT NULL AND b.removed_at IS NULL) THEN
        PERFORM count_member_usage(array_agg(t.payer_id), array_agg(c.charge ->> 4), array_agg((c.charge ->> 3)::bigint))
        FROM unnest(p_payers, v_posted) AS t(payer_id, posted)
        CROSS JOIN LATERAL jsonb_array_elements(nullif(v_charge -> t.payer_id, 'null')) AS c(charge) WHERE t.posted;
    END IF;
    RETURN ARRAY(SELECT CASE WHEN t.posted THEN t.net ELSE 0 END FROM unnest(v_posted, v_net) WITH ORDINALITY AS t(posted, net, n) ORDER BY t.n);
END $$;

-- Collects what is owed for use, from accounts that can pay again, and gives back what a provider owes. Rounds are bounded:
-- p_transfer has an id for each account; p_after: the provider after which to look, since one that cannot give back what it owes
-- must not stand before the others. Gives whose turn it was (NULL: nobody is left) and how many accounts were posted on.
CREATE FUNCTION "collect_usage"(p_transfer text[], p_after text, OUT payee text, OUT posted int)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    c_records CONSTANT int := 5000;
    v_payee text;
    v_unit text;
    v_payers text[];
BEGIN
    posted := 0;
    -- One provider a round, so that every posting of it is between that account and a payer; another round does the next.
    FOR v_payee, v_unit, v_payers IN
        SELECT o.payee_id, o.unit, (array_agg(DISTINCT o.payer_id))[1:cardinality(p_transfer)]
        FROM (SELECT c.payee_id, c.unit, k.payer_id FROM usage_record k
              JOIN rate_card c ON c.id = k.rate_card_id
              JOIN account a ON a.id = k.payer_id
              JOIN account e ON e.id = c.payee_id
              WHERE k.amount <> k.charged + k.waived AND c.payee_id > p_after AND a.status <> 'CLOSED' AND CASE WHEN k.amount > k.charged
                    THEN a.status = 'OPEN' AND a.posted::numeric + a.overdraft_limit - a.held > 0
                    ELSE e.status = 'OPEN' AND e.posted::numeric + e.overdraft_limit - e.held > 0 END
              ORDER BY k.payer_id, k.starts_at LIMIT c_records) o
        GROUP BY o.payee_id, o.unit ORDER BY o.payee_id LIMIT 1
    LOOP
        PERFORM 1 FROM account a WHERE a.id = ANY (v_payers || v_payee) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        payee := v_payee;
        SELECT count(*) INTO posted
        FROM unnest(charge_owed(v_payee, v_unit, v_payers, p_transfer[1:cardinality(v_payers)], 'ledger')) AS t(net)
        WHERE t.net <> 0;
    END LOOP;
END $$;

REVOKE ALL ON FUNCTION "charge_owed" FROM PUBLIC;

REVOKE ALL ON FUNCTION "collect_usage" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "collect_usage" TO __APP_ROLE__;
