-- record_usage as it is in 20261121090400_record_usage, with what is waived of a record (v_forgiven, v_waived), the budgets of
-- members (marked `budgets:`), and a look at what a correction corrects behind the locks.
CREATE OR REPLACE FUNCTION "record_usage"(
    p_call jsonb, p_input jsonb, p_transfer text[], p_user text[], p_group text[], p_account text[], p_resource text[],
    p_code text[], p_external text[], p_segment int[], p_revision int[], p_payer int[], p_resource_at int[], p_start bigint[],
    p_end bigint[], p_cpu bigint[], p_gpu bigint[], p_memory numeric[], p_storage numeric[], p_metadata text[]
) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
-- A plan made while the table was small must not outlive its growth as a scan.
SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    c_cluster CONSTANT text := p_input ->> 'clusterId';
    c_n CONSTANT int := cardinality(p_segment);
    -- The least common denominator of all bases: GiB in bytes times the seconds of thirty days.
    c_gib CONSTANT numeric := 1073741824;
    c_month CONSTANT numeric := 2592000;
    v_known jsonb;
    v_payee text;
    v_unit text;
    v_first timestamptz;
    -- Assigned, so that an element is found at once and not by walking the array.
    d_user text[] := p_user;
    d_group text[] := p_group;
    d_account text[] := p_account;
    d_resource text[] := p_resource;
    d_transfer text[] := p_transfer;
    -- By position in the dictionary of payers: the account that pays and its place among the distinct ones, or why not.
    d_payer text[];
    d_code text[];
    d_lot int[];
    -- By distinct payer.
    q_id text[];
    q_room bigint[];
    q_net bigint[];
    q_posted boolean[];
    -- By record.
    v_verdict text[]; v_code text[]; v_amount bigint[]; v_before bigint[]; v_card text[]; v_charge bigint[];
    v_lot int[]; v_transfer text[]; v_prior text[];
    -- waivers: what is waived of each, before and from now on; the revision that it was judged against.
    v_forgiven bigint[]; v_waived bigint[]; v_known_revision int[];
    v_now timestamptz;
    v_is_closed boolean;
    v_answer jsonb;
BEGIN
    IF p_call ->> 'key' <> '' THEN
        v_known := recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint');
        IF v_known IS NOT NULL THEN RETURN v_known; END IF;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('rates ' || c_cluster, 0));
    SELECT c.payee_id, c.unit, c.valid_from INTO v_payee, v_unit, v_first FROM rate_card c
    WHERE c.cluster_id = c_cluster ORDER BY c.valid_from LIMIT 1;

    SELECT array_agg(CASE WHEN j.code IS NULL THEN j.id END ORDER BY j.n), array_agg(j.code ORDER BY j.n)
    INTO d_payer, d_code
    FROM (SELECT w.n, a.id,
                 CASE WHEN v_payee IS NULL THEN 'RATES_MISSING'
                      WHEN a.id IS NULL THEN 'USAGE_PAYER_UNKNOWN'
                      WHEN a.kind NOT IN ('PERSONAL', 'GROUP') OR a.unit <> v_unit
                        OR a.owner_id <> coalesce(w.group_id, CASE WHEN a.kind = 'PERSONAL' THEN w.user_id END, a.owner_id)
                      THEN 'USAGE_ACCOUNT_MISMATCH'
                      WHEN a.status = 'CLOSED' THEN 'ACCOUNT_CLOSED' END AS code
          FROM unnest(p_user, p_group, p_account) WITH ORDINALITY AS w(user_id, group_id, account_id, n)
          LEFT JOIN LATERAL (
              (SELECT x.* FROM account x WHERE x.id = w.account_id)
              UNION ALL
              -- Where no account is named: the oldest open one of the group, else of the user, in the cluster's unit.
              (SELECT x.* FROM account x
               WHERE w.account_id IS NULL AND x.owner_id = coalesce(w.group_id, w.user_id) AND x.unit = v_unit
                 AND x.status <> 'CLOSED' AND x.kind = CASE WHEN w.group_id IS NULL THEN 'PERSONAL' ELSE 'GROUP' END
               ORDER BY x.id LIMIT 1)) a ON TRUE) j;

    SELECT array_agg(DISTINCT d.id ORDER BY d.id) INTO q_id FROM unnest(d_payer) AS d(id) WHERE d.id IS NOT NULL;
    SELECT array_agg(q.lot ORDER BY d.n) INTO d_lot
    FROM unnest(d_payer) WITH ORDINALITY AS d(id, n) LEFT JOIN unnest(q_id) WITH ORDINALITY AS q(id, lot) ON q.id = d.id;

    -- Materialized: a verdict is read by several aggregates and must not be reckoned for each.
    WITH items AS (
        SELECT t.n, t.code, t.external, t.segment, t.revision, t.payer, t.resource_at,
               'epoch'::timestamptz + t.start_ms * interval '1 millisecond' AS starts_at,
               'epoch'::timestamptz + t.end_ms * interval '1 millisecond' AS ends_at,
               t.cpu, t.gpu, t.memory, t.storage, t.metadata
        FROM unnest(p_code, p_external, p_segment, p_revision, p_payer, p_resource_at, p_start, p_end, p_cpu, p_gpu, p_memory,
                    p_storage, p_metadata) WITH ORDINALITY
             AS t(code, external, segment, revision, payer, resource_at, start_ms, end_ms, cpu, gpu, memory, storage,
                  metadata, n)
    ), cards AS MATERIALIZED (
        SELECT c.id, c.valid_from, lead(c.valid_from, 1, 'infinity') OVER (ORDER BY c.valid_from) AS valid_until
        FROM rate_card c WHERE c.cluster_id = c_cluster
    ), prices AS MATERIALIZED (
        SELECT s.n AS resource_at, c.id AS card_id, c.valid_from, c.valid_until, r.core_hour * c_gib * 720 AS core_hour,
               r.gpu_hour * c_gib * 720 AS gpu_hour, r.memory_gib_hour::numeric * 720 AS memory_gib_hour,
               r.storage_gib_month::numeric AS storage_gib_month
        FROM unnest(p_resource) WITH ORDINALITY AS s(name, n)
        CROSS JOIN cards c JOIN rate r ON r.rate_card_id = c.id AND r.resource = s.name
    ), judged AS (
        SELECT t.*, p.card_id, k.payer_id AS known_payer, k.revision AS known_revision, k.charged AS known_charged, k.waived AS known_waived,
               k.transfer_id AS known_transfer,
               div(p.core_hour * t.cpu + p.gpu_hour * t.gpu + p.memory_gib_hour * t.memory + p.storage_gib_month * t.storage
                   + (c_gib * c_month - 1), c_gib * c_month) AS amount,
               k.revision = t.revision
                   AND k.resource = d_resource[t.resource_at] AND k.starts_at = t.starts_at AND k.ends_at = t.ends_at
                   AND k.cpu_seconds = t.cpu AND k.gpu_seconds = t.gpu AND k.memory_byte_seconds = t.memory
                   AND k.storage_byte_seconds = t.storage AND k.metadata IS NOT DISTINCT FROM t.metadata
                   AND k.user_id IS NOT DISTINCT FROM d_user[t.payer] AND k.group_id IS NOT DISTINCT FROM d_group[t.payer]
                   AND k.account_id IS NOT DISTINCT FROM d_account[t.payer] AS is_same
        FROM items t
        LEFT JOIN prices p ON p.resource_at = t.resource_at AND t.starts_at >= p.valid_from AND t.starts_at < p.valid_until
        LEFT JOIN LATERAL (SELECT u.* FROM usage_record u WHERE t.code IS NULL AND u.cluster_id = c_cluster
                           AND u.external_id = t.external AND u.segment = t.segment OFFSET 0) k ON TRUE
    ), coded AS MATERIALIZED (
        SELECT j.n, j.payer, j.card_id, j.amount, j.known_revision, j.known_charged, j.known_waived, j.known_transfer, CASE
                WHEN j.code IN ('OWN_JOB', 'TWIN') THEN 'REPLAYED'
                WHEN j.code IS NOT NULL THEN j.code
                WHEN j.is_same THEN 'REPLAYED'
                WHEN j.known_revision = j.revision THEN 'USAGE_CONFLICT'
                WHEN j.known_revision > j.revision THEN CASE WHEN EXISTS (
                    SELECT 1 FROM usage_revision v WHERE v.cluster_id = c_cluster AND v.external_id = j.external
                    AND v.segment = j.segment AND v.revision = j.revision AND v.content = usage_content(d_user[j.payer],
                        d_group[j.payer], d_account[j.payer], d_resource[j.resource_at], j.starts_at, j.ends_at, j.cpu, j.gpu,
                        j.memory, j.storage, j.metadata)) THEN 'REPLAYED' ELSE 'USAGE_CONFLICT' END
                WHEN d_code[j.payer] IS NOT NULL THEN d_code[j.payer]
                WHEN j.starts_at < v_first THEN 'RATES_MISSING'
                WHEN j.card_id IS NULL THEN 'USAGE_RESOURCE_UNKNOWN'
                WHEN j.amount > (p_input ->> 'amountMax')::numeric THEN 'AMOUNT_TOO_LARGE'
                WHEN j.known_payer <> d_payer[j.payer] THEN 'USAGE_PAYER_CHANGED' END AS verdict
        FROM judged j
    )
    SELECT array_agg(CASE WHEN c.verdict IS NULL THEN CASE WHEN c.known_revision IS NULL THEN 'N' ELSE 'U' END
                          WHEN c.verdict = 'REPLAYED' THEN 'P'
                          WHEN c.verdict IN ('USAGE_CONFLICT', 'USAGE_PAYER_CHANGED') THEN 'C' ELSE 'X' END ORDER BY c.n),
           array_agg(CASE WHEN c.verdict IS NULL OR c.verdict = 'REPLAYED' THEN '' ELSE c.verdict END ORDER BY c.n),
           array_agg(CASE WHEN c.verdict IS NULL THEN c.amount::bigint END ORDER BY c.n),
           array_agg(coalesce(c.known_charged, 0) ORDER BY c.n), array_agg(c.card_id ORDER BY c.n),
           array_agg(CASE WHEN c.verdict IS NULL THEN d_lot[c.payer] END ORDER BY c.n), array_agg(c.known_transfer ORDER BY c.n),
           -- waivers: what was forgiven stays so as far as the new price needs it.
           array_agg(coalesce(c.known_waived, 0) ORDER BY c.n),
           array_agg(greatest(least(coalesce(c.known_waived, 0), c.amount - coalesce(c.known_charged, 0)), 0)::bigint ORDER BY c.n),
           array_agg(c.known_revision ORDER BY c.n)
    INTO v_verdict, v_code, v_amount, v_before, v_card, v_lot, v_prior, v_forgiven, v_waived, v_known_revision
    FROM coded c;

    -- A block that only repeats changes nothing.
    IF 'N' = ANY (v_verdict) OR 'U' = ANY (v_verdict) THEN
        PERFORM 1 FROM account a WHERE a.id = ANY (q_id || v_payee) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        -- Holds past their time reserve nothing; the posting below lets them go. A FROZEN account pays nothing.
        SELECT array_agg(CASE a.status WHEN 'OPEN' THEN least(greatest(
                   a.posted::numeric + a.overdraft_limit - a.held + coalesce(late.amount, 0), 0), 9223372036854775807) ELSE 0 END
                   ORDER BY a.id), bool_or(a.status = 'CLOSED')
        INTO q_room, v_is_closed
        FROM account a
        LEFT JOIN LATERAL (SELECT sum(h.amount - h.captured) AS amount FROM hold h WHERE h.debit_id = a.id AND h.status = 'OPEN'
                           AND h.expires_at <= clock_timestamp()) late ON TRUE
        WHERE a.id = ANY (q_id);
        IF v_is_closed THEN
            RAISE EXCEPTION 'a payer was closed while the block was judged' USING ERRCODE = 'serialization_failure';
        END IF;
        -- What a correction corrects stands still from here on; where it was corrected, charged or waived while the block was
        -- judged, the block is repeated.
        IF 'U' = ANY (v_verdict) AND EXISTS (
            SELECT 1 FROM unnest(p_external, p_segment, v_verdict, v_known_revision, v_before, v_forgiven)
                 AS t(external, segment, verdict, revision, before, forgiven)
            JOIN usage_record k ON k.cluster_id = c_cluster AND k.external_id = t.external AND k.segment = t.segment
            WHERE t.verdict = 'U' AND (k.revision, k.charged, k.waived) <> (t.revision, t.before, t.forgiven)) THEN
            RAISE EXCEPTION 'a record was changed while the block was judged' USING ERRCODE = 'serialization_failure';
        END IF;
        v_now := clock_timestamp();

        -- What is given back makes room for what is due, within one block and payer.
        SELECT array_agg(CASE WHEN s.due <= 0 THEN s.due ELSE greatest(least(s.due, s.room - (s.wanted - s.due)), 0)::bigint END
                         ORDER BY s.n)
        INTO v_charge
        FROM (SELECT t.n, t.due, q_room[t.lot] + sum(greatest(-t.due, 0)) OVER (PARTITION BY t.lot) AS room,
                     sum(greatest(t.due, 0)) OVER (PARTITION BY t.lot ORDER BY t.n) AS wanted
              FROM (SELECT u.n, u.lot, u.amount - u.before - u.waived AS due
                    FROM unnest(v_amount, v_before, v_waived, v_lot) WITH ORDINALITY AS u(amount, before, waived, lot, n)) t) s;

        SELECT array_agg(coalesce(s.net, 0)::bigint ORDER BY q.lot) INTO q_net
        FROM unnest(q_id) WITH ORDINALITY AS q(id, lot)
        LEFT JOIN (SELECT t.lot, sum(t.charge) AS net FROM unnest(v_charge, v_lot) AS t(charge, lot) GROUP BY t.lot) s
          ON s.lot = q.lot;
        SELECT array_agg(CASE WHEN t.charge <> 0 AND q_net[t.lot] <> 0 THEN d_transfer[t.lot] ELSE t.prior END ORDER BY t.n)
        INTO v_transfer
        FROM unnest(v_charge, v_lot, v_prior) WITH ORDINALITY AS t(charge, lot, prior, n);

        IF 'U' = ANY (v_verdict) THEN
            INSERT INTO usage_revision (cluster_id, external_id, segment, revision, content, amount, recorded_at)
            SELECT k.cluster_id, k.external_id, k.segment, k.revision, usage_content(k.user_id, k.group_id, k.account_id,
                       k.resource, k.starts_at, k.ends_at, k.cpu_seconds, k.gpu_seconds, k.memory_byte_seconds, k.storage_byte_seconds,
                       k.metadata), k.amount, k.recorded_at
            FROM unnest(p_external, p_segment, v_verdict) AS t(external, segment, verdict)
            JOIN usage_record k ON k.cluster_id = c_cluster AND k.external_id = t.external AND k.segment = t.segment
            WHERE t.verdict = 'U';

            UPDATE usage_record k
            SET revision = t.revision, user_id = d_user[t.payer], group_id = d_group[t.payer], account_id = d_account[t.payer],
                resource = d_resource[t.resource_at], starts_at = 'epoch'::timestamptz + t.start_ms * interval '1 millisecond',
                ends_at = 'epoch'::timestamptz + t.end_ms * interval '1 millisecond', cpu_seconds = t.cpu, gpu_seconds = t.gpu,
                memory_byte_seconds = t.memory, storage_byte_seconds = t.storage, metadata = t.metadata, rate_card_id = t.card,
                amount = t.amount, charged = t.before + t.charge, waived = t.waived, transfer_id = t.transfer, recorded_at = v_now
            FROM unnest(p_external, p_segment, p_revision, p_payer, p_resource_at, p_start, p_end, p_cpu, p_gpu, p_memory, p_storage,
                        p_metadata, v_verdict, v_card, v_amount, v_before, v_waived, v_charge, v_transfer)
                 AS t(external, segment, revision, payer, resource_at, start_ms, end_ms, cpu, gpu, memory, storage, metadata,
                      verdict, card, amount, before, waived, charge, transfer)
            WHERE t.verdict = 'U' AND k.cluster_id = c_cluster AND k.external_id = t.external AND k.segment = t.segment;
        END IF;

        INSERT INTO usage_record (cluster_id, external_id, segment, revision, user_id, group_id, account_id, payer_id, resource,
            starts_at, ends_at, cpu_seconds, gpu_seconds, memory_byte_seconds, storage_byte_seconds, metadata, rate_card_id,
            amount, charged, transfer_id, recorded_at)
        SELECT c_cluster, t.external, t.segment, t.revision, d_user[t.payer], d_group[t.payer], d_account[t.payer],
               d_payer[t.payer], d_resource[t.resource_at], 'epoch'::timestamptz + t.start_ms * interval '1 millisecond',
               'epoch'::timestamptz + t.end_ms * interval '1 millisecond', t.cpu, t.gpu, t.memory, t.storage, t.metadata, t.card,
               t.amount, t.charge, t.transfer, v_now
        FROM unnest(p_external, p_segment, p_revision, p_payer, p_resource_at, p_start, p_end, p_cpu, p_gpu, p_memory, p_storage,
                    p_metadata, v_verdict, v_card, v_amount, v_charge, v_transfer)
             AS t(external, segment, revision, payer, resource_at, start_ms, end_ms, cpu, gpu, memory, storage, metadata,
                  verdict, card, amount, charge, transfer)
        WHERE t.verdict = 'N';

        IF q_id IS NOT NULL THEN
            q_posted := post_usage(v_payee, v_unit, q_id, q_net, p_transfer, 'Use of ' || c_cluster, p_call ->> 'actor');
            -- What the ledger would not post stays owed, by the payer or by the provider.
            IF FALSE = ANY (q_posted) THEN
                UPDATE usage_record k SET charged = k.charged - t.charge, transfer_id = t.prior
                FROM unnest(p_external, p_segment, v_charge, v_lot, v_prior) AS t(external, segment, charge, lot, prior)
                WHERE NOT q_posted[t.lot] AND t.charge <> 0
                  AND k.cluster_id = c_cluster AND k.external_id = t.external AND k.segment = t.segment;
                SELECT array_agg(CASE WHEN q_posted[t.lot] THEN t.charge ELSE 0 END ORDER BY t.n) INTO v_charge
                FROM unnest(v_charge, v_lot) WITH ORDINALITY AS t(charge, lot, n);
            END IF;
            -- budgets: the posting above is of all of an account's people together.
            IF EXISTS (SELECT 1 FROM budget b WHERE b.account_id = ANY (q_id) AND b.member_id IS NOT NULL AND b.removed_at IS NULL) THEN
                PERFORM count_member_usage(array_agg(d_payer[t.payer]), array_agg(d_user[t.payer]), array_agg(t.charge))
                FROM unnest(p_payer, v_charge) AS t(payer, charge) WHERE t.charge <> 0;
            END IF;
        END IF;
    END IF;

    SELECT jsonb_build_object('value', jsonb_build_object('unit', v_unit,
               'statuses', string_agg(t.verdict, '' ORDER BY t.n), 'codes', string_agg(t.code, ',' ORDER BY t.n),
               'charged', string_agg(coalesce(t.charge, 0)::text, ',' ORDER BY t.n),
               'owed', string_agg(coalesce(t.amount - t.before - t.waived - t.charge, 0)::text, ',' ORDER BY t.n)))
    INTO v_answer
    FROM unnest(v_verdict, v_code, v_charge, v_amount, v_before, v_waived) WITH ORDINALITY
         AS t(verdict, code, charge, amount, before, waived, n);
    IF p_call ->> 'key' <> '' THEN RETURN conclude(p_call, c_cluster, v_answer); END IF;
    -- One entry for each block that changed something.
    IF 'N' = ANY (v_verdict) OR 'U' = ANY (v_verdict) THEN
        INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
        VALUES (p_call ->> 'auditId', p_call ->> 'actor', p_call ->> 'operation', c_cluster, 'OK', p_call ->> 'requestId',
                p_call ->> 'clientIp', jsonb_build_object('records', c_n));
    END IF;
    RETURN v_answer;
END $$;

REVOKE ALL ON FUNCTION "record_usage" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "record_usage" TO __APP_ROLE__;

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
-- p_transfer has an id for each account. Gives how many accounts were posted on.
CREATE OR REPLACE FUNCTION "collect_usage"(p_transfer text[]) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
AS $$
#variable_conflict use_column
DECLARE
    c_records CONSTANT int := 5000;
    v_payee text;
    v_unit text;
    v_payers text[];
    v_count int := 0;
BEGIN
    -- One provider a round, so that every posting of it is between that account and a payer; another round does the next.
    FOR v_payee, v_unit, v_payers IN
        SELECT o.payee_id, o.unit, (array_agg(DISTINCT o.payer_id))[1:cardinality(p_transfer)]
        FROM (SELECT c.payee_id, c.unit, k.payer_id FROM usage_record k
              JOIN rate_card c ON c.id = k.rate_card_id
              JOIN account a ON a.id = k.payer_id
              JOIN account e ON e.id = c.payee_id
              WHERE k.amount <> k.charged + k.waived AND a.status <> 'CLOSED' AND CASE WHEN k.amount > k.charged
                    THEN a.status = 'OPEN' AND a.posted::numeric + a.overdraft_limit - a.held > 0
                    ELSE e.status = 'OPEN' AND e.posted::numeric + e.overdraft_limit - e.held > 0 END
              ORDER BY k.payer_id, k.starts_at LIMIT c_records) o
        GROUP BY o.payee_id, o.unit ORDER BY o.payee_id LIMIT 1
    LOOP
        PERFORM 1 FROM account a WHERE a.id = ANY (v_payers || v_payee) ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE;
        SELECT count(*) INTO v_count
        FROM unnest(charge_owed(v_payee, v_unit, v_payers, p_transfer[1:cardinality(v_payers)], 'ledger')) AS t(net)
        WHERE t.net <> 0;
    END LOOP;
    RETURN v_count;
END $$;

REVOKE ALL ON FUNCTION "charge_owed" FROM PUBLIC;
