-- CreateTable
CREATE TABLE "checkpoint" (
    "sequence" BIGINT NOT NULL,
    "entry_hash" BYTEA NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,
    "jws" TEXT NOT NULL,

    CONSTRAINT "checkpoint_pkey" PRIMARY KEY ("sequence")
);

CREATE TRIGGER "checkpoint_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "checkpoint"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_journal_change"();
GRANT SELECT ON "checkpoint" TO __APP_ROLE__;

-- Keeps a signed head. FALSE, and nothing kept, where the last one is younger than p_seconds (another replica's) or is of
-- the same row, or where the journal has no such row.
CREATE FUNCTION "keep_checkpoint"(p_sequence bigint, p_entry_hash bytea, p_jws text, p_seconds int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('checkpoint', 0));
    IF EXISTS (SELECT 1 FROM checkpoint c WHERE c.sequence >= p_sequence)
       OR EXISTS (SELECT 1 FROM (SELECT c.recorded_at FROM checkpoint c ORDER BY c.sequence DESC LIMIT 1) newest
                  WHERE newest.recorded_at > clock_timestamp() - make_interval(secs => p_seconds))
       OR NOT EXISTS (SELECT 1 FROM journal_entry j WHERE j.sequence = p_sequence AND j.entry_hash = p_entry_hash) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO checkpoint (sequence, entry_hash, recorded_at, jws)
    VALUES (p_sequence, p_entry_hash, clock_timestamp(), p_jws);
    RETURN TRUE;
END $$;

-- The check of the ledger in parts that each end in time: rows in slices, then what is derived from them. The canonical
-- form of a row stands in one place, journal_form, which the export reads as well. Rows that undo others have a second
-- array in it.
-- Measured at 10^6 rows on the embedded server, two busy cores: rows 13.6 s in slices of 20,000 (0.27 s each, at most 0.46),
-- what is derived 1.1 s; before, both together were one statement of 17.7 s under a timeout of 8.
-- A view rather than a function: one with a fixed search path is called for each row, which would halve the pace.
CREATE VIEW "journal_form" AS
    SELECT j.sequence, coalesce(j.transfer_id, j.hold_id) AS id, j.entry_hash, json_build_array(
        j.sequence::text, j.kind, j.transfer_id, j.hold_id, j.debit_id, j.credit_id, j.unit,
        j.amount::text, j.released::text, j.description, j.actor, j.invoice_id, j.debit_balance_after::text,
        j.credit_balance_after::text, (extract(epoch FROM j.recorded_at) * 1000000)::bigint::text,
        (extract(epoch FROM j.effective_at) * 1000000)::bigint::text)::text
        || CASE WHEN j.reverses_id IS NULL THEN '' ELSE json_build_array(j.reverses_id)::text END AS form
    FROM journal_entry j;

-- Head, balances, reserves, holds and checkpoints against the journal, in one snapshot: the first thing that is wrong, or no row.
CREATE FUNCTION "verify_derived"() RETURNS TABLE ("broken_at" text, "detail" text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
WITH entries AS (
    SELECT j.debit_id AS account_id, -sum(j.amount) AS amount FROM journal_entry j WHERE j.transfer_id IS NOT NULL GROUP BY 1
    UNION ALL
    SELECT j.credit_id, sum(j.amount) FROM journal_entry j WHERE j.transfer_id IS NOT NULL GROUP BY 1
), posted AS (
    SELECT e.account_id, sum(e.amount) AS amount FROM entries e GROUP BY e.account_id
), held AS (
    SELECT h.debit_id AS account_id, sum(h.amount - h.captured) AS amount FROM hold h WHERE h.status = 'OPEN'
    GROUP BY h.debit_id
), kept AS (
    -- What the journal says of each hold: what is still reserved, and what was captured.
    SELECT j.hold_id,
           sum(CASE WHEN j.transfer_id IS NOT NULL THEN -j.amount - j.released
                    WHEN j.kind IN ('HOLD_RELEASED', 'HOLD_EXPIRED') THEN -j.amount ELSE j.amount END) AS remaining,
           sum(CASE WHEN j.transfer_id IS NOT NULL THEN j.amount ELSE 0 END) AS captured
    FROM journal_entry j WHERE j.hold_id IS NOT NULL GROUP BY j.hold_id
), faults AS (
    (SELECT 2 AS rank, 'journal' AS id, 'The head of the chain is not its last row.' AS detail
     FROM chain_head g LEFT JOIN LATERAL (SELECT j.sequence, j.entry_hash FROM journal_entry j
                                          ORDER BY j.sequence DESC LIMIT 1) l ON TRUE
     WHERE g.sequence <> coalesce(l.sequence, 0) OR g.entry_hash <> coalesce(l.entry_hash, g.entry_hash))
    UNION ALL
    (SELECT 3, a.id, 'The balance of the account is not the sum of its entries.'
     FROM account a FULL JOIN posted p ON p.account_id = a.id
     WHERE a.posted IS DISTINCT FROM coalesce(p.amount, 0) ORDER BY a.id LIMIT 1)
    UNION ALL
    (SELECT 4, a.id, 'What the account reserves is not the sum of its open holds.'
     FROM account a LEFT JOIN held h ON h.account_id = a.id
     WHERE a.held <> coalesce(h.amount, 0) ORDER BY a.id LIMIT 1)
    UNION ALL
    (SELECT 5, coalesce(h.id, k.hold_id), 'The hold is not what the journal says of it.'
     FROM hold h FULL JOIN kept k ON k.hold_id = h.id
     WHERE h.captured IS DISTINCT FROM k.captured
        OR (CASE h.status WHEN 'OPEN' THEN h.amount - h.captured ELSE 0 END) IS DISTINCT FROM k.remaining
     ORDER BY 2 LIMIT 1)
    UNION ALL
    -- What was undone of each transfer: never more than it moved, and the other way.
    (SELECT 6, coalesce(o.transfer_id, 'journal'), 'More of the transfer is reversed than it moved, or not the other way.'
     FROM journal_entry x LEFT JOIN journal_entry o ON o.transfer_id = x.reverses_id
     WHERE x.reverses_id IS NOT NULL
     GROUP BY o.transfer_id, o.amount
     HAVING o.transfer_id IS NULL OR sum(x.amount) > o.amount
         OR bool_or(x.debit_id <> o.credit_id OR x.credit_id <> o.debit_id)
     ORDER BY 2 LIMIT 1)
    UNION ALL
    (SELECT 7, coalesce(j.transfer_id, j.hold_id, 'journal'),
            'Journal row ' || c.sequence || ' is not the one that its checkpoint was signed for.'
     FROM checkpoint c LEFT JOIN journal_entry j ON j.sequence = c.sequence
     WHERE j.entry_hash IS DISTINCT FROM c.entry_hash ORDER BY c.sequence LIMIT 1)
)
SELECT f.id, f.detail FROM faults f ORDER BY f.rank LIMIT 1
$$;

-- Recomputes the chain of up to p_limit rows after a position that was checked before; the first row that is wrong.
CREATE FUNCTION "verify_rows"(p_after bigint, p_limit bigint)
RETURNS TABLE ("checked" bigint, "broken_at" text, "detail" text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
WITH slice AS (
    SELECT f.sequence, f.id, f.entry_hash, f.form FROM journal_form f
    WHERE f.sequence > p_after ORDER BY f.sequence LIMIT p_limit
), checked AS (
    SELECT s.sequence, s.id, s.sequence <> p_after + row_number() OVER (ORDER BY s.sequence) AS is_gap,
           s.entry_hash <> sha256(
               lag(s.entry_hash, 1, coalesce((SELECT j.entry_hash FROM journal_entry j WHERE j.sequence = p_after),
                                             decode(repeat('00', 32), 'hex'))) OVER (ORDER BY s.sequence)
               || convert_to(s.form, 'UTF8')) AS is_altered
    FROM slice s
)
SELECT count(*), (array_agg(c.id ORDER BY c.sequence) FILTER (WHERE c.is_gap OR c.is_altered))[1],
       (array_agg('Journal row ' || c.sequence || CASE WHEN c.is_gap THEN ' does not follow the row before it.'
                  ELSE ' is not as it was written.' END ORDER BY c.sequence) FILTER (WHERE c.is_gap OR c.is_altered))[1]
FROM checked c
$$;

-- All of it at once, for whoever has the time: a person, and the tests.
CREATE OR REPLACE FUNCTION "verify_ledger"() RETURNS TABLE ("checked" bigint, "broken_at" text, "detail" text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
SELECT r.checked, coalesce(r.broken_at, d.broken_at), coalesce(r.detail, d.detail)
FROM verify_rows(0, 9223372036854775807) r LEFT JOIN verify_derived() d ON TRUE
$$;

REVOKE ALL ON FUNCTION "keep_checkpoint", "verify_rows", "verify_derived" FROM PUBLIC;
GRANT SELECT ON "journal_form" TO __APP_ROLE__;
GRANT EXECUTE ON FUNCTION "keep_checkpoint", "verify_rows", "verify_derived" TO __APP_ROLE__;
