-- Transfers that undo others, and holds that reserve more than at first.
ALTER TABLE "journal_entry" ADD COLUMN "reverses_id" TEXT;

-- Partial, so that rows which reverse nothing cost nothing.
CREATE INDEX "journal_entry_reverses_id_idx" ON "journal_entry"("reverses_id") WHERE "reverses_id" IS NOT NULL;

ALTER TABLE "journal_entry"
    DROP CONSTRAINT "journal_entry_kind",
    ADD CONSTRAINT "journal_entry_kind" CHECK (
        CASE
            WHEN "kind" = 'REVERSAL' THEN "transfer_id" IS NOT NULL AND "hold_id" IS NULL AND "reverses_id" IS NOT NULL
            WHEN "reverses_id" IS NOT NULL THEN FALSE
            WHEN "kind" IN ('DEPOSIT', 'TRANSFER', 'REFUND', 'USAGE') THEN "transfer_id" IS NOT NULL AND "hold_id" IS NULL
            WHEN "kind" = 'CAPTURE' THEN "transfer_id" IS NOT NULL AND "hold_id" IS NOT NULL
            WHEN "kind" IN ('HOLD_PLACED', 'HOLD_EXTENDED', 'HOLD_RELEASED', 'HOLD_EXPIRED')
                THEN "transfer_id" IS NULL AND "hold_id" IS NOT NULL
            ELSE FALSE
        END);
