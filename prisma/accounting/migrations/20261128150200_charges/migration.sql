-- AlterTable
ALTER TABLE "escrow" ADD COLUMN     "cluster_id" TEXT,
ADD COLUMN     "offer_id" TEXT;

-- What use cost and whom: what REVENUE accounts received for it (CAPTURE, USAGE) less what went back (REFUND, REVERSAL), told
-- apart by who used what and which account paid. The sum over a payee is what its journal says of these kinds, to the last
-- millionth: metered use, which the journal posts for many records at once, is what its records say was charged, and their
-- sum is the journal's (invariant 12). It counts when it began; everything else when it was recorded.
CREATE VIEW "charge" AS
    -- What a grant's jobs took, by whose they were, and what its drive earned by time, by who holds it where a person does.
    SELECT j.recorded_at AS "at", j.unit, j.amount,
           CASE WHEN j.kind = 'CAPTURE' THEN h.spender_id WHEN left(e.holder_id, 4) = 'usr_' THEN e.holder_id END AS user_id,
           e.payer_id, j.credit_id AS payee_id, e.grant_id, e.offer_id, e.cluster_id, NULL::text AS resource
    FROM journal_entry j JOIN escrow e ON e.account_id = j.debit_id LEFT JOIN hold h ON h.id = j.hold_id
    WHERE j.kind IN ('CAPTURE', 'USAGE')
    UNION ALL
    SELECT j.recorded_at, j.unit, -j.amount,
           CASE WHEN x.kind = 'CAPTURE' THEN h.spender_id WHEN left(e.holder_id, 4) = 'usr_' THEN e.holder_id END,
           e.payer_id, j.debit_id, e.grant_id, e.offer_id, e.cluster_id, NULL
    FROM journal_entry j JOIN escrow e ON e.account_id = j.credit_id JOIN journal_entry x ON x.transfer_id = j.reverses_id
    LEFT JOIN hold h ON h.id = x.hold_id
    WHERE j.kind = 'REVERSAL' AND x.kind IN ('CAPTURE', 'USAGE')
    UNION ALL
    -- What was captured for a provider without a grant.
    SELECT j.recorded_at, j.unit, j.amount, h.spender_id, j.debit_id, j.credit_id, NULL, NULL, NULL, NULL
    FROM journal_entry j JOIN hold h ON h.id = j.hold_id JOIN account c ON c.id = j.credit_id AND c.kind = 'REVENUE'
    JOIN account d ON d.id = j.debit_id AND d.kind <> 'ESCROW'
    WHERE j.kind = 'CAPTURE'
    UNION ALL
    SELECT j.recorded_at, j.unit, -j.amount, h.spender_id, j.credit_id, j.debit_id, NULL, NULL, NULL, NULL
    FROM journal_entry j JOIN journal_entry x ON x.transfer_id = j.reverses_id AND x.kind = 'CAPTURE'
    JOIN hold h ON h.id = x.hold_id JOIN account c ON c.id = j.debit_id AND c.kind = 'REVENUE'
    JOIN account d ON d.id = j.credit_id AND d.kind <> 'ESCROW'
    WHERE j.kind = 'REVERSAL'
    UNION ALL
    SELECT k.starts_at, c.unit, k.charged, k.user_id, k.payer_id, c.payee_id, NULL, NULL, k.cluster_id, k.resource
    FROM usage_record k JOIN rate_card c ON c.id = k.rate_card_id
    WHERE k.charged <> 0;

GRANT SELECT ON "charge" TO __APP_ROLE__;
