-- What the database itself refuses, whoever asks.

ALTER TABLE "unit" ADD CONSTRAINT "unit_name_form" CHECK ("name" ~ '^[A-Z][A-Z0-9_]{0,31}$');

ALTER TABLE "account"
    ADD CONSTRAINT "account_kind" CHECK ("kind" IN ('PERSONAL', 'GROUP', 'ESCROW', 'REVENUE', 'ISSUANCE')),
    ADD CONSTRAINT "account_status" CHECK ("status" IN ('OPEN', 'FROZEN', 'CLOSED')),
    ADD CONSTRAINT "account_owner" CHECK (("owner_id" IS NULL) = ("kind" = 'ISSUANCE')),
    ADD CONSTRAINT "account_held" CHECK ("held" >= 0),
    ADD CONSTRAINT "account_overdraft_limit" CHECK ("overdraft_limit" >= 0),
    -- posted + overdraft_limit - held >= 0, behind the posting function's own judgement; written so that no sum leaves BIGINT.
    ADD CONSTRAINT "account_available" CHECK ("posted" >= "held" - "overdraft_limit"),
    -- An update writes a new version of the row; half a page kept free lets it stay on the page.
    SET (fillfactor = 50);

ALTER TABLE "escrow" ADD CONSTRAINT "escrow_window" CHECK ("starts_at" < "ends_at");

ALTER TABLE "journal_entry"
    ADD CONSTRAINT "journal_entry_balanced" CHECK ("amount" > 0 AND "released" >= 0 AND "debit_id" <> "credit_id"),
    ADD CONSTRAINT "journal_entry_kind" CHECK (
        CASE
            WHEN "kind" IN ('DEPOSIT', 'TRANSFER', 'REFUND', 'USAGE') THEN "transfer_id" IS NOT NULL AND "hold_id" IS NULL
            WHEN "kind" = 'CAPTURE' THEN "transfer_id" IS NOT NULL AND "hold_id" IS NOT NULL
            WHEN "kind" IN ('HOLD_PLACED', 'HOLD_RELEASED', 'HOLD_EXPIRED') THEN "transfer_id" IS NULL AND "hold_id" IS NOT NULL
            ELSE FALSE
        END),
    ADD CONSTRAINT "journal_entry_hash" CHECK (length("entry_hash") = 32);

-- Partial: most rows have no hold, and each of them would cost as much as one that has.
CREATE INDEX "journal_entry_hold_id_idx" ON "journal_entry"("hold_id") WHERE "hold_id" IS NOT NULL;

ALTER TABLE "chain_head" ADD CONSTRAINT "chain_head_only" CHECK ("only"), SET (fillfactor = 10);
INSERT INTO "chain_head" ("only", "sequence", "entry_hash", "recorded_at")
VALUES (TRUE, 0, decode(repeat('00', 32), 'hex'), '1970-01-01T00:00:00Z');

ALTER TABLE "hold"
    ADD CONSTRAINT "hold_amounts" CHECK ("amount" > 0 AND "captured" BETWEEN 0 AND "amount"),
    ADD CONSTRAINT "hold_accounts" CHECK ("debit_id" <> "credit_id"),
    ADD CONSTRAINT "hold_status" CHECK ("status" IN ('OPEN', 'CAPTURED', 'RELEASED', 'EXPIRED')),
    ADD CONSTRAINT "hold_open_remains" CHECK ("status" <> 'OPEN' OR "captured" < "amount");

ALTER TABLE "invoice"
    ADD CONSTRAINT "invoice_kind" CHECK ("kind" IN ('INVOICE', 'CREDIT_NOTE')),
    ADD CONSTRAINT "invoice_status" CHECK ("status" IN ('ISSUED', 'PAID', 'VOID')),
    ADD CONSTRAINT "invoice_total" CHECK ("total" > 0);
-- A hold is invoiced once; a withdrawn invoice does not count.
ALTER TABLE "invoice" ADD CONSTRAINT "invoice_hold"
    EXCLUDE USING btree ("hold_id" WITH =) WHERE ("hold_id" IS NOT NULL AND "status" <> 'VOID');

-- The trigger holds for the owner too; the rights below hold for the serving role.
CREATE FUNCTION "refuse_journal_change"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "journal_entry_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "journal_entry"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_journal_change"();
CREATE TRIGGER "receipt_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "receipt"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_journal_change"();

GRANT USAGE ON SCHEMA public TO __APP_ROLE__;
GRANT SELECT ON "unit", "account", "escrow", "journal_entry", "chain_head", "hold", "number_series", "invoice",
    "invoice_line", "receipt" TO __APP_ROLE__;
