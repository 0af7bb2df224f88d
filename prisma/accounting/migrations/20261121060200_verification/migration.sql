-- As before, and it knows reversals and extended holds. Recomputes the chain and everything that is derived from the journal, in one snapshot. It changes nothing and needs no
-- right that the serving role lacks. Gives the first thing that is wrong: its id and what it is.
CREATE OR REPLACE FUNCTION "verify_ledger"() RETURNS TABLE ("checked" bigint, "broken_at" text, "detail" text)
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
WITH checked AS (
    SELECT j.sequence, coalesce(j.transfer_id, j.hold_id) AS id,
           j.sequence <> row_number() OVER (ORDER BY j.sequence) AS is_gap,
           j.entry_hash <> sha256(
               lag(j.entry_hash, 1, decode(repeat('00', 32), 'hex')) OVER (ORDER BY j.sequence)
               -- The canonical form, as in post_batch.
               || convert_to(json_build_array(
                   j.sequence::text, j.kind, j.transfer_id, j.hold_id, j.debit_id, j.credit_id, j.unit,
                   j.amount::text, j.released::text, j.description, j.actor, j.invoice_id, j.debit_balance_after::text,
                   j.credit_balance_after::text, (extract(epoch FROM j.recorded_at) * 1000000)::bigint::text,
                   (extract(epoch FROM j.effective_at) * 1000000)::bigint::text)::text
                   || CASE WHEN j.reverses_id IS NULL THEN '' ELSE json_build_array(j.reverses_id)::text END, 'UTF8'))
               AS is_altered
    FROM journal_entry j
), entries AS (
    SELECT j.debit_id AS account_id, -j.amount AS amount FROM journal_entry j WHERE j.transfer_id IS NOT NULL
    UNION ALL
    SELECT j.credit_id, j.amount FROM journal_entry j WHERE j.transfer_id IS NOT NULL
), posted AS (
    SELECT e.account_id, sum(e.amount) AS amount FROM entries e GROUP BY e.account_id
), held AS (
    SELECT h.debit_id AS account_id, sum(h.amount - h.captured) AS amount FROM hold h WHERE h.status = 'OPEN'
    GROUP BY h.debit_id
), kept AS (
    -- What the journal says of each hold: what is still reserved, and what was captured.
    SELECT j.hold_id,
           sum(CASE j.kind WHEN 'HOLD_PLACED' THEN j.amount WHEN 'HOLD_EXTENDED' THEN j.amount
                           ELSE -j.amount - j.released END) AS remaining,
           sum(CASE j.kind WHEN 'CAPTURE' THEN j.amount ELSE 0 END) AS captured
    FROM journal_entry j WHERE j.hold_id IS NOT NULL GROUP BY j.hold_id
), reversed AS (
    -- What was undone of each transfer: never more than it moved, and the other way.
    SELECT o.transfer_id AS id
    FROM journal_entry x LEFT JOIN journal_entry o ON o.transfer_id = x.reverses_id
    WHERE x.reverses_id IS NOT NULL
    GROUP BY o.transfer_id, o.amount
    HAVING o.transfer_id IS NULL OR sum(x.amount) > o.amount OR bool_or(x.debit_id <> o.credit_id OR x.credit_id <> o.debit_id)
), faults AS (
    (SELECT 1 AS rank, c.id, 'Journal row ' || c.sequence || CASE WHEN c.is_gap THEN ' does not follow the row before it.'
                ELSE ' is not as it was written.' END AS detail
     FROM checked c WHERE c.is_gap OR c.is_altered ORDER BY c.sequence LIMIT 1)
    UNION ALL
    (SELECT 2, 'journal', 'The head of the chain is not its last row.'
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
    (SELECT 6, coalesce(v.id, 'journal'), 'More of the transfer is reversed than it moved, or not the other way.'
     FROM reversed v ORDER BY 2 LIMIT 1)
)
SELECT (SELECT count(*) FROM checked), f.id, f.detail
FROM (SELECT) AS always LEFT JOIN (SELECT * FROM faults ORDER BY rank LIMIT 1) f ON TRUE
$$;
