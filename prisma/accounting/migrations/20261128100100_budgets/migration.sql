-- Budgets: what may be spent in a period. post_batch reads with the lock of an account whether any budget looks at it
-- (account.budgeted); only then it calls these functions, in this order:
--   begin_budgets   behind the locks of accounts and holds: locks what budgets several accounts share, and lets go what late
--                   holds reserved;
--   count_posting   (20261128140110_budget_counting) for each item that is otherwise accepted: refuses it, or counts it. Everything is kept in p_tallies (a
--                   text to post_batch, which is older than the type), so that what is taken back leaves nothing;
--   keep_tallies    behind the head's lock: writes the counters, and a row and an audit entry for each threshold crossed.
-- The lock of an account covers its budgets and its members'; a group's budgets have rows of their own, locked by id between
-- holds and head.
--
-- What counts: what leaves an account (TRANSFER, CAPTURE, USAGE, ADJUSTMENT) and what its open holds reserve, less what comes
-- back (REFUND, REVERSAL, a credit by ADJUSTMENT). For a group, what passes between two of its own accounts does not;
-- an escrow is none of them, also where the group holds it: what fills it is spent.
-- Where it counts: in the period of when it was recorded; a hold, with all that it becomes, in that of when it was placed;
-- what comes back in that of what it undoes, where the ledger knows it (a correction of usage: when it is recorded).
-- A threshold is crossed when a transaction leaves a budget at or above it that was below it before: once. When it has
-- fallen below and reaches it again, that is another crossing.

CREATE TYPE "budget_tally" AS ("budget_id" text, "period_start" timestamptz, "spent" numeric, "held" numeric, "before" numeric);

-- The period of a budget that an instant is in; NULL outside its window.
CREATE FUNCTION "budget_period_start"(p_period text, p_starts_at timestamptz, p_ends_at timestamptz, p_at timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE p_period WHEN 'DAY' THEN date_trunc('day', p_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                         WHEN 'MONTH' THEN date_trunc('month', p_at AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'
                         ELSE CASE WHEN p_at >= p_starts_at AND p_at < p_ends_at THEN p_starts_at END END
$$;

-- When a period ends.
CREATE FUNCTION "budget_period_end"(p_period text, p_ends_at timestamptz, p_start timestamptz)
RETURNS timestamptz LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE p_period WHEN 'DAY' THEN (p_start AT TIME ZONE 'UTC' + interval '1 day') AT TIME ZONE 'UTC'
                         WHEN 'MONTH' THEN (p_start AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC'
                         ELSE p_ends_at END
$$;

-- A fresh id in the form of all others (TypeID): for what the ledger writes by itself, in the order of time.
CREATE FUNCTION "new_id"(p_prefix text) RETURNS text
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
    SELECT p_prefix || '_' || string_agg(substr('0123456789abcdefghjkmnpqrstvwxyz', substring(u.bits FROM i * 5 + 1 FOR 5)::int + 1, 1),
                                         '' ORDER BY i)
    FROM (SELECT B'00' || (extract(epoch FROM clock_timestamp()) * 1000)::bigint::bit(48) || B'0111' || substring(r.bits FROM 1 FOR 12)
                 || B'10' || substring(r.bits FROM 67 FOR 62) AS bits
          FROM (SELECT ('x' || replace(gen_random_uuid()::text, '-', ''))::bit(128) AS bits) r) u, generate_series(0, 25) AS i
$$;

CREATE FUNCTION "in_units"(p_micros numeric) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$ SELECT trim_scale(p_micros / 1000000.0)::text $$;

-- How a hard limit names itself: what stands in the way, how much of it is left, and what can be done.
CREATE FUNCTION "budget_refusal"(p_budget budget, p_start timestamptz, p_used numeric, p_wanted numeric) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT jsonb_build_object('refusal', jsonb_build_object('type', 'LimitExceeded', 'code', 'LIMIT_EXCEEDED',
        'limit', p_budget.name || ' (' || p_budget.id || ')',
        'message', format('The %s "%s" allows %s %s from %s until %s; %s %s are left and %s asked for. Ask for less, %s.',
            CASE WHEN p_budget.cap IS NULL THEN 'budget' ELSE 'cap' END, p_budget.name, in_units(p_budget.maximum), p_budget.unit,
            to_char(p_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'),
            to_char(budget_period_end(p_budget.period, p_budget.ends_at, p_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
            in_units(greatest(p_budget.maximum - p_used, 0)), p_budget.unit, in_units(p_wanted),
            CASE WHEN p_budget.cap IS NULL THEN 'wait for the end of the period, or have the budget raised (setBudget)'
                 ELSE 'or have an ADMIN of the group raise the cap (setMemberCap)' END)))
$$;

-- Counts a change against all budgets that it concerns, or says which hard limit stands in the way; then nothing is counted.
-- p_account, p_owner, p_unit: the account that spends, and whose it is; p_other_owner: whose the other side is. p_member: who
-- spends, NULL where nobody is known; p_wide: whether the account's and group's budgets count it, or its member's alone.
-- p_judged: whether it may be refused. p_raised_at: when, where a hold that stands is raised.
CREATE FUNCTION "count_change"(
    INOUT p_tallies budget_tally[], OUT p_refusal jsonb, p_account text, p_owner text, p_unit text, p_other_owner text,
    p_member text, p_wide boolean, p_at timestamptz, p_spent numeric, p_held numeric, p_judged boolean,
    p_raised_at timestamptz DEFAULT NULL
) LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_budget budget;
    v_start timestamptz;
    v_use record;
    v_tallies budget_tally[] := p_tallies;
    i int;
BEGIN
    FOR v_budget IN
        SELECT b.* FROM budget b
        WHERE b.removed_at IS NULL AND b.account_id = p_account
          AND CASE WHEN b.member_id IS NULL THEN p_wide ELSE b.member_id = p_member END
        UNION ALL
        SELECT b.* FROM budget b
        WHERE b.removed_at IS NULL AND b.group_id = p_owner AND b.unit = p_unit AND p_wide
          AND p_owner IS DISTINCT FROM p_other_owner
    LOOP
        v_start := budget_period_start(v_budget.period, v_budget.starts_at, v_budget.ends_at, p_at);
        -- Outside the window, or in a period that was over when the budget was set: nothing of it was counted, and nothing is
        -- taken off.
        IF v_start IS NULL OR v_start < v_budget.counts_from THEN
            -- Else a hold from before the budget could be raised past it.
            IF p_judged AND v_budget.hard
               AND budget_period_start(v_budget.period, v_budget.starts_at, v_budget.ends_at, p_raised_at) >= v_budget.counts_from THEN
                p_refusal := jsonb_set(budget_refusal(v_budget, v_budget.counts_from, 0, p_held), '{refusal,message}', to_jsonb(format(
                    'The budget "%s" does not count this hold, which is older, so it cannot be raised. Place a new hold for the rest.',
                    v_budget.name)));
                RETURN;
            END IF;
            CONTINUE;
        END IF;
        SELECT t.n INTO i FROM unnest(v_tallies) WITH ORDINALITY AS t(budget_id, period_start, spent, held, before, n)
        WHERE t.budget_id = v_budget.id AND t.period_start = v_start;
        IF NOT FOUND THEN
            SELECT u.spent, u.held INTO v_use FROM budget_use u WHERE u.budget_id = v_budget.id AND u.period_start = v_start;
            i := cardinality(v_tallies) + 1;
            v_tallies[i] := (v_budget.id, v_start, coalesce(v_use.spent, 0), coalesce(v_use.held, 0),
                             coalesce(v_use.spent + v_use.held, 0))::budget_tally;
        END IF;
        IF p_judged AND v_budget.hard
           AND v_tallies[i].spent + v_tallies[i].held + p_spent + p_held > v_budget.maximum THEN
            p_refusal := budget_refusal(v_budget, v_start, v_tallies[i].spent + v_tallies[i].held, p_spent + p_held);
            RETURN;
        END IF;
        v_tallies[i].spent := v_tallies[i].spent + p_spent;
        v_tallies[i].held := v_tallies[i].held + p_held;
    END LOOP;
    p_tallies := v_tallies;
END $$;

-- Locks the budgets that these accounts share with others, by their ids.
CREATE FUNCTION "lock_budgets"(p_accounts text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
    PERFORM 1 FROM budget b
    WHERE b.removed_at IS NULL
      AND b.group_id IN (SELECT a.owner_id FROM account a WHERE a.id = ANY (p_accounts) AND a.budgeted)
    ORDER BY b.id COLLATE "C" FOR NO KEY UPDATE OF b;
END $$;

-- p_accounts: the accounts of the batch, locked; p_expired: the late holds on them that it lets go.
CREATE FUNCTION "begin_budgets"(p_accounts text[], p_expired text[]) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_tallies budget_tally[] := '{}';
    r record;
BEGIN
    PERFORM lock_budgets(p_accounts);
    FOR r IN
        SELECT h.debit_id, CASE WHEN a.kind <> 'ESCROW' THEN a.owner_id END AS owner_id, a.unit,
               CASE WHEN c.kind <> 'ESCROW' THEN c.owner_id END AS other_id, h.spender_id, h.placed_at,
               h.amount - h.captured AS remaining
        FROM hold h JOIN account a ON a.id = h.debit_id AND a.budgeted JOIN account c ON c.id = h.credit_id
        WHERE h.id = ANY (p_expired)
    LOOP
        v_tallies := (count_change(v_tallies, r.debit_id, r.owner_id, r.unit, r.other_id, r.spender_id, TRUE, r.placed_at, 0,
                                   -r.remaining, FALSE)).p_tallies;
    END LOOP;
    RETURN v_tallies::text;
END $$;

-- Writes a row and an audit entry for each threshold that a budget has reached.
CREATE FUNCTION "report_crossings"(p_budget budget, p_start timestamptz, p_percents int[], p_used numeric, p_at timestamptz)
RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_last bigint;
    p int;
BEGIN
    SELECT coalesce(max(c.number), 0) INTO v_last FROM budget_crossing c WHERE c.budget_id = p_budget.id;
    FOREACH p IN ARRAY p_percents LOOP
        v_last := v_last + 1;
        INSERT INTO budget_crossing (budget_id, number, period_start, percent, used, maximum, crossed_at)
        VALUES (p_budget.id, v_last, p_start, p, p_used, p_budget.maximum, p_at);
        INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
        VALUES (new_id('aud'), 'ledger', 'budgetThreshold', p_budget.id, 'OK', 'ledger', '',
            jsonb_build_object('percent', p, 'usedMicros', p_used::text, 'maximumMicros', p_budget.maximum::text,
                'accountId', p_budget.account_id, 'groupId', p_budget.group_id, 'memberId', p_budget.member_id));
    END LOOP;
END $$;

-- p_accounts: the accounts of the batch; p_at: when it is recorded; p_judged_at: when it was judged.
CREATE FUNCTION "keep_tallies"(p_tallies text, p_accounts text[], p_at timestamptz, p_judged_at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    v_budget budget;
    v_tally budget_tally;
    v_used numeric;
    v_percents int[];
BEGIN
    -- Where a period began or ended between judging and recording, the whole is repeated, so that both are in one.
    IF EXISTS (SELECT 1 FROM budget b
               WHERE b.removed_at IS NULL
                 AND (b.account_id = ANY (p_accounts)
                      OR b.group_id IN (SELECT a.owner_id FROM account a WHERE a.id = ANY (p_accounts) AND a.budgeted))
                 AND budget_period_start(b.period, b.starts_at, b.ends_at, p_at)
                     IS DISTINCT FROM budget_period_start(b.period, b.starts_at, b.ends_at, p_judged_at)) THEN
        RAISE EXCEPTION 'a budget period began meanwhile' USING ERRCODE = 'serialization_failure';
    END IF;
    FOREACH v_tally IN ARRAY p_tallies::budget_tally[] LOOP
        SELECT b.* INTO STRICT v_budget FROM budget b WHERE b.id = v_tally.budget_id;
        INSERT INTO budget_use AS u (budget_id, period_start, spent, held)
        VALUES (v_tally.budget_id, v_tally.period_start, v_tally.spent, v_tally.held)
        ON CONFLICT (budget_id, period_start) DO UPDATE SET spent = excluded.spent, held = excluded.held;
        v_used := v_tally.spent + v_tally.held;
        CONTINUE WHEN v_used <= v_tally.before;
        SELECT array_agg(t.percent ORDER BY t.percent) INTO v_percents FROM unnest(v_budget.thresholds) AS t(percent)
        WHERE v_tally.before * 100 < v_budget.maximum::numeric * t.percent AND v_used * 100 >= v_budget.maximum::numeric * t.percent;
        IF v_percents IS NOT NULL THEN
            PERFORM report_crossings(v_budget, v_tally.period_start, v_percents, v_used, p_at);
        END IF;
    END LOOP;
END $$;

-- What metered use was charged to whom: p_charge[i] for p_member[i] on p_account[i], all of them locked. The account's and
-- group's budgets have counted it with its posting.
CREATE FUNCTION "count_member_usage"(p_account text[], p_member text[], p_charge bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
DECLARE
    c_now CONSTANT timestamptz := clock_timestamp();
    v_tallies budget_tally[] := '{}';
    r record;
BEGIN
    FOR r IN
        SELECT b.account_id, b.member_id, sum(t.charge) AS charge
        FROM (SELECT DISTINCT b.account_id, b.member_id FROM budget b
              WHERE b.account_id = ANY (p_account) AND b.member_id IS NOT NULL AND b.removed_at IS NULL) b
        JOIN unnest(p_account, p_member, p_charge) AS t(account_id, member_id, charge)
          ON t.account_id = b.account_id AND t.member_id = b.member_id
        GROUP BY b.account_id, b.member_id HAVING sum(t.charge) <> 0
    LOOP
        v_tallies := (count_change(v_tallies, r.account_id, NULL, NULL, NULL, r.member_id, FALSE, c_now, r.charge, 0,
                                   FALSE)).p_tallies;
    END LOOP;
    PERFORM keep_tallies(v_tallies::text, p_account, c_now, c_now);
END $$;

-- Sets, replaces or removes a budget. Without a key, since doing it again changes nothing.
-- p_call: operation, actor, auditId, requestId, clientIp, and refusal where the input alone was refused. p_input: budgetId (for a
-- new one), accountId, scope (ACCOUNT GROUP MEMBER), memberId, period, startsAt, endsAt, name, unit, maximum (absent: remove),
-- hard, thresholds, budgetsMax.
CREATE FUNCTION "set_budget"(p_call jsonb, p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_id CONSTANT text := p_input ->> 'accountId';
    c_scope CONSTANT text := p_input ->> 'scope';
    c_member CONSTANT text := p_input ->> 'memberId';
    c_maximum CONSTANT bigint := (p_input ->> 'maximum')::bigint;
    c_verdict CONSTANT jsonb := jsonb_build_object('value', jsonb_build_object('accountId', c_id));
    v_account record;
    v_accounts text[];
    v_code jsonb;
    v_old budget;
    v_new budget;
    v_now timestamptz;
    v_start timestamptz;
    v_use record;
    v_used numeric;
    v_percents int[];
BEGIN
    SELECT a.owner_id, a.unit, a.kind INTO v_account FROM account a WHERE a.id = c_id;
    IF NOT FOUND THEN RETURN '{"fault": "NOT_FOUND"}'; END IF;
    IF NOT p_call ? 'refusal' THEN
        -- Against an account that is opened for the group meanwhile.
        PERFORM pg_advisory_xact_lock(hashtextextended('budgets ' || coalesce(v_account.owner_id, ''), 0));
        SELECT array_agg(s.id) INTO v_accounts FROM (
            SELECT a.id FROM account a
            WHERE a.id = c_id OR (c_scope = 'GROUP' AND a.owner_id = v_account.owner_id AND a.unit = v_account.unit
                                  AND a.kind IN ('GROUP', 'REVENUE'))
            ORDER BY a.id COLLATE "C" FOR NO KEY UPDATE) s;
        -- Late holds are let go, as by any posting on these accounts.
        PERFORM b.ord FROM post_batch(v_accounts, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
            '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}') b;
    END IF;
    v_now := clock_timestamp();
    SELECT b.* INTO v_old FROM budget b
    WHERE b.removed_at IS NULL AND b.period = p_input ->> 'period'
      AND b.starts_at IS NOT DISTINCT FROM (p_input ->> 'startsAt')::timestamptz
      AND b.ends_at IS NOT DISTINCT FROM (p_input ->> 'endsAt')::timestamptz
      AND CASE c_scope WHEN 'GROUP' THEN b.group_id = v_account.owner_id AND b.unit = v_account.unit
                       ELSE b.account_id = c_id AND b.member_id IS NOT DISTINCT FROM c_member END
    FOR NO KEY UPDATE;
    v_code := CASE
        WHEN p_call ? 'refusal' THEN p_call -> 'refusal'
        WHEN v_account.kind IN ('ESCROW', 'ISSUANCE') THEN '{"code": "ACCOUNT_KIND_FIXED"}'
        WHEN c_scope <> 'ACCOUNT' AND v_account.kind = 'PERSONAL' THEN jsonb_build_object('type', 'InvalidInput', 'code',
            'INVALID_INPUT', 'message', 'Only a group''s account has budgets of the group and of members.', 'path', '["scope"]'::jsonb)
        WHEN c_maximum IS NOT NULL AND p_input ->> 'unit' <> v_account.unit THEN '{"code": "UNIT_MISMATCH"}'
        WHEN c_maximum IS NOT NULL AND (SELECT a.status FROM account a WHERE a.id = c_id) = 'CLOSED' THEN '{"code": "ACCOUNT_CLOSED"}'
        WHEN c_maximum IS NOT NULL AND v_old.id IS NULL AND (SELECT count(*) FROM budget b WHERE b.removed_at IS NULL
            AND CASE c_scope WHEN 'GROUP' THEN b.group_id = v_account.owner_id ELSE b.account_id = c_id END)
            >= (p_input ->> 'budgetsMax')::int
            THEN jsonb_build_object('type', 'LimitExceeded', 'code', 'LIMIT_EXCEEDED', 'limit', 'budgets', 'message',
                'There are ' || (p_input ->> 'budgetsMax') || ' budgets already. Remove one that is over.') END;
    IF v_code IS NULL THEN
        IF c_maximum IS NULL AND v_old.id IS NULL THEN RETURN c_verdict; END IF;
        IF c_maximum IS NULL THEN
            UPDATE budget SET removed_at = v_now WHERE id = v_old.id;
        ELSIF v_old.maximum = c_maximum AND v_old.hard = (p_input ->> 'hard')::boolean AND v_old.name = p_input ->> 'name'
            AND to_jsonb(v_old.thresholds) = p_input -> 'thresholds' THEN
            RETURN c_verdict;
        ELSE
            INSERT INTO budget AS b (id, account_id, group_id, member_id, unit, period, starts_at, ends_at, name, maximum, hard,
                thresholds, counts_from, set_by, set_at)
            VALUES (coalesce(v_old.id, p_input ->> 'budgetId'), CASE WHEN c_scope <> 'GROUP' THEN c_id END,
                CASE c_scope WHEN 'GROUP' THEN v_account.owner_id END, c_member, v_account.unit, p_input ->> 'period',
                (p_input ->> 'startsAt')::timestamptz, (p_input ->> 'endsAt')::timestamptz, p_input ->> 'name', c_maximum,
                (p_input ->> 'hard')::boolean, ARRAY(SELECT t.percent::int FROM jsonb_array_elements_text(p_input -> 'thresholds') AS t(percent)),
                coalesce((p_input ->> 'startsAt')::timestamptz, budget_period_start(p_input ->> 'period', NULL, NULL, v_now)),
                p_call ->> 'actor', v_now)
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, maximum = excluded.maximum, hard = excluded.hard,
                thresholds = excluded.thresholds, set_by = excluded.set_by, set_at = excluded.set_at
            RETURNING b.* INTO v_new;
            v_start := coalesce(v_new.starts_at, budget_period_start(v_new.period, NULL, NULL, v_now));
            IF v_old.id IS NULL THEN
                INSERT INTO budget_use (budget_id, period_start, spent, held)
                SELECT v_new.id, v_start, f.spent, f.held
                FROM budget_so_far(v_new, v_start, budget_period_end(v_new.period, v_new.ends_at, v_start)) f;
            END IF;
            -- What is reached already is said at once, unless it was said before the budget was changed.
            SELECT u.spent + u.held INTO v_used FROM budget_use u WHERE u.budget_id = v_new.id AND u.period_start = v_start;
            SELECT array_agg(t.percent ORDER BY t.percent) INTO v_percents FROM unnest(v_new.thresholds) AS t(percent)
            WHERE v_used * 100 >= v_new.maximum::numeric * t.percent
              AND NOT (v_old.id IS NOT NULL AND t.percent = ANY (v_old.thresholds) AND v_used * 100 >= v_old.maximum::numeric * t.percent);
            IF v_percents IS NOT NULL THEN PERFORM report_crossings(v_new, v_start, v_percents, v_used, v_now); END IF;
        END IF;
        UPDATE account a SET budgeted = s.budgeted
        FROM (SELECT x.id, EXISTS (SELECT 1 FROM budget b WHERE b.removed_at IS NULL
                  AND (b.account_id = x.id OR (b.group_id = x.owner_id AND b.unit = x.unit AND x.kind IN ('GROUP', 'REVENUE')))) AS budgeted
              FROM account x WHERE x.id = ANY (v_accounts)) s
        WHERE a.id = s.id AND a.budgeted <> s.budgeted;
    END IF;
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
    VALUES (p_call ->> 'auditId', p_call ->> 'actor', p_call ->> 'operation', c_id, coalesce(v_code ->> 'code', 'OK'),
            p_call ->> 'requestId', p_call ->> 'clientIp', jsonb_strip_nulls(jsonb_build_object('scope', c_scope, 'memberId', c_member,
                'period', p_input ->> 'period', 'beforeMicros', v_old.maximum::text, 'afterMicros', c_maximum::text)));
    RETURN CASE WHEN v_code IS NULL THEN c_verdict ELSE jsonb_build_object('refusal', v_code) END;
END $$;

-- An account that a group opens is looked at by the budgets that the group has.
CREATE FUNCTION "flag_budgeted"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('budgets ' || NEW.owner_id, 0));
    NEW.budgeted := EXISTS (SELECT 1 FROM budget b WHERE b.removed_at IS NULL AND b.group_id = NEW.owner_id AND b.unit = NEW.unit);
    RETURN NEW;
END $$;
CREATE TRIGGER "account_flag_budgeted" BEFORE INSERT ON "account"
FOR EACH ROW WHEN (NEW."kind" IN ('GROUP', 'REVENUE')) EXECUTE FUNCTION "flag_budgeted"();

REVOKE ALL ON FUNCTION "budget_period_start", "budget_period_end", "new_id", "in_units", "budget_refusal", "count_change", "lock_budgets", "begin_budgets",
    "report_crossings", "keep_tallies", "count_member_usage", "set_budget", "flag_budgeted" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "set_budget", "budget_period_start", "budget_period_end" TO __APP_ROLE__;
