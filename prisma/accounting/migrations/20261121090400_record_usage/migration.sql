-- Usage records: exactly once by (cluster, externalId, segment), priced by the card in force when the use began, charged in
-- the transaction that records them.

-- What a record says, as one text: to keep an earlier revision, and to recognise it when it is sent again.
CREATE FUNCTION "usage_content"(
    p_user text, p_group text, p_account text, p_resource text, p_start timestamptz, p_end timestamptz, p_cpu bigint,
    p_gpu bigint, p_memory numeric, p_storage numeric, p_metadata text
) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT json_build_array(p_user, p_group, p_account, p_resource, (extract(epoch FROM p_start) * 1000)::bigint::text,
        (extract(epoch FROM p_end) * 1000)::bigint::text, p_cpu::text, p_gpu::text, p_memory::text, p_storage::text,
        p_metadata)::text
$$;

-- Posts what use costs: p_net[i] from p_payer[i] to the payee, or back where it is negative; nothing where it is 0. All of
-- these accounts are locked already. Gives for each whether it was posted; the ledger's own judgement has the last word.
CREATE FUNCTION "post_usage"(
    p_payee text, p_unit text, p_payer text[], p_net bigint[], p_id text[], p_description text, p_actor text
) RETURNS boolean[]
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    c_payee_at CONSTANT int := cardinality(p_payer) + 1;
    v_at int[];
    n int;
    r record;
    v_posted boolean[] := array_fill(TRUE, ARRAY[cardinality(p_payer)]);
BEGIN
    -- What comes in goes before what goes back, so that the provider has it.
    SELECT array_agg(t.i::int ORDER BY t.net < 0, t.i) INTO v_at
    FROM unnest(p_net) WITH ORDINALITY AS t(net, i) WHERE t.net <> 0;
    IF v_at IS NULL THEN RETURN v_posted; END IF;
    n := cardinality(v_at);
    FOR r IN
        SELECT v_at[b.ord] AS i, b.verdict
        FROM (SELECT array_agg(CASE WHEN t.net > 0 THEN 'USAGE' ELSE 'REFUND' END ORDER BY o.at) AS kind,
                     array_agg(CASE WHEN t.net > 0 THEN o.i ELSE c_payee_at END ORDER BY o.at) AS debit,
                     array_agg(CASE WHEN t.net > 0 THEN c_payee_at ELSE o.i END ORDER BY o.at) AS credit,
                     array_agg(t.id ORDER BY o.at) AS id, array_agg(abs(t.net) ORDER BY o.at) AS amount
              FROM unnest(v_at) WITH ORDINALITY AS o(i, at)
              JOIN unnest(p_net, p_id) WITH ORDINALITY AS t(net, id, i) ON t.i = o.i) c,
             LATERAL post_batch(
                p_payer || p_payee, '{}', array_fill('TRANSFER'::text, ARRAY[n]), c.kind, c.debit, c.credit,
                array_fill(0, ARRAY[n]), c.id, array_fill(''::text, ARRAY[n]), array_fill(p_unit, ARRAY[n]), c.amount,
                array_fill(FALSE, ARRAY[n]), array_fill(0, ARRAY[n]), array_fill(''::text, ARRAY[n]),
                array_fill(p_description, ARRAY[n]), array_fill(''::text, ARRAY[n]), array_fill(''::text, ARRAY[n]),
                array_fill(p_actor, ARRAY[n]), array_fill(''::text, ARRAY[n]), array_fill(''::text, ARRAY[n]),
                array_fill(''::text, ARRAY[n]), array_fill(''::text, ARRAY[n]), array_fill(''::text, ARRAY[n]),
                array_fill(''::text, ARRAY[n]), array_fill(''::text, ARRAY[n]), array_fill(''::text, ARRAY[n])) b
    LOOP
        v_posted[r.i] := r.verdict ? 'value';
    END LOOP;
    RETURN v_posted;
END $$;

-- Records a block of one cluster's usage. In this order:
--   1. looks the call's key up, where it has one; locks the cluster's prices against change;
--   2. finds who pays, for each distinct (user, group, account) of the block;
--   3. judges each record: what is known already goes before every other judgement, so that a repetition is REPLAYED also
--      when its account was closed since; a higher revision of a known record is a correction;
--   4. locks the payers and the payee in the order of their ids, as every posting does, so late that the next block is judged
--      meanwhile (where a payer was closed, or a record that is corrected was changed in between, the block is repeated);
--      charges each payer once, with as much of what is due as the account can pay, in the records' order; the rest is owed
--      and collected later (collect_usage). A correction is charged its difference alone, and what was waived of a record
--      stays waived as far as the new price needs it;
--   5. writes the records with what was charged for them, posts, and remembers the answer.
-- The price of a record is the exact sum over its bases, rounded up once to the next millionth.
--
-- p_call: scope, key ('' where only the records themselves are remembered), operation, fingerprint, actor, auditId,
-- requestId, clientIp. p_input: clusterId, amountMax (millionths a record may cost). p_transfer: an id for each entry of the
-- dictionary of payers. p_user, p_group, p_account: that dictionary; p_resource: that of resources; the items refer to them
-- by 1-based positions. p_code: the code of a record that was judged from its input alone ('OWN_JOB' and 'TWIN' are
-- repetitions), NULL for the others. No (external, segment) stands twice among the others. Times are milliseconds.
-- The answer has one letter for each record (N new, U corrected, P repeated, C conflict, X rejected), and lists of codes,
-- amounts charged now and amounts still owed, separated by commas.
-- A unique violation means that a record was taken in another transaction meanwhile: the caller repeats the block, as it
-- does after a serialization failure.
CREATE FUNCTION "record_usage"(
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
    v_known_user text[];
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
               k.transfer_id AS known_transfer, k.user_id AS known_user,
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
        SELECT j.n, j.payer, j.card_id, j.amount, j.known_revision, j.known_charged, j.known_waived, j.known_transfer, j.known_user,
               CASE WHEN j.known_revision < j.revision THEN (SELECT sum(w.amount) FROM usage_waiver w
                   WHERE w.cluster_id = c_cluster AND w.external_id = j.external AND w.segment = j.segment) END AS forgiven, CASE
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
           array_agg(greatest(least(coalesce(c.forgiven, 0), c.amount - coalesce(c.known_charged, 0)), 0)::bigint ORDER BY c.n),
           array_agg(c.known_revision ORDER BY c.n), array_agg(c.known_user ORDER BY c.n)
    INTO v_verdict, v_code, v_amount, v_before, v_card, v_lot, v_prior, v_forgiven, v_waived, v_known_revision, v_known_user
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
                -- Where a correction names somebody else, what was charged before is theirs too from now on.
                PERFORM count_member_usage(array_agg(d_payer[t.payer]), array_agg(t.member), array_agg(t.charge))
                FROM (SELECT u.payer, d_user[u.payer] AS member, u.charge FROM unnest(p_payer, v_charge) AS u(payer, charge)
                      UNION ALL
                      SELECT u.payer, m.member, m.share
                      FROM unnest(p_payer, v_verdict, v_known_user, v_before) AS u(payer, verdict, known_user, before)
                      CROSS JOIN LATERAL (VALUES (u.known_user, -u.before), (d_user[u.payer], u.before)) AS m(member, share)
                      WHERE u.verdict = 'U' AND u.known_user IS DISTINCT FROM d_user[u.payer]) t
                WHERE t.charge <> 0;
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

REVOKE ALL ON FUNCTION "usage_content", "post_usage", "record_usage" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "record_usage" TO __APP_ROLE__;

-- Remembers that a call was refused as a whole, or recalls what was answered to its key.
CREATE FUNCTION "refuse_usage"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(recall_outcome(p_call ->> 'scope', p_call ->> 'key', p_call ->> 'fingerprint'),
                    conclude(p_call, p_input ->> 'clusterId', jsonb_build_object('refusal', p_call -> 'refusal')))
$$;

REVOKE ALL ON FUNCTION "refuse_usage" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "refuse_usage" TO __APP_ROLE__;
