-- Balances as of a time, and windows of the journal.
--
-- Positions and recorded_at grow together (post_batch tells the time under the head's lock and never lets it step back).
-- So a recorded time is turned into a position once, and whatever was on an account then stands in the last row of each of
-- its sides before that position.
DROP INDEX "journal_entry_debit_id_sequence_idx";
DROP INDEX "journal_entry_credit_id_sequence_idx";
-- Only rows that move money: what a hold's row says of a balance is not told under the lock of its other account. Covering
-- what an entry's page, a balance and a check of the sums read. Partial indexes are not in schema.prisma.
CREATE INDEX "journal_entry_debit" ON "journal_entry" ("debit_id", "sequence") INCLUDE ("debit_balance_after", "amount")
    WHERE "transfer_id" IS NOT NULL;
CREATE INDEX "journal_entry_credit" ON "journal_entry" ("credit_id", "sequence") INCLUDE ("credit_balance_after", "amount")
    WHERE "transfer_id" IS NOT NULL;
CREATE INDEX "journal_entry_recorded_at_sequence_idx" ON "journal_entry" ("recorded_at", "sequence");

-- Holds that may have been open at a time: ending after it, placed before it, without a look at their rows.
DROP INDEX "hold_debit_id_status_expires_at_idx";
DROP INDEX "hold_credit_id_status_expires_at_idx";
CREATE INDEX "hold_debit_id_status_expires_at_placed_at_idx" ON "hold" ("debit_id", "status", "expires_at", "placed_at");
CREATE INDEX "hold_credit_id_status_expires_at_placed_at_idx" ON "hold" ("credit_id", "status", "expires_at", "placed_at");

-- On effective time a balance differs from the recorded one by the rows that count from another time than they were
-- recorded: each is added from effective_at on, and taken off from recorded_at on. Their net per account and UTC day stands
-- here; the rows of the last day come by four indexes. All of it costs nothing where nothing is back-dated.
CREATE TABLE "effective_day" (
    "account_id" TEXT NOT NULL,
    "day" DATE NOT NULL,
    -- NUMERIC: what moves in a day to and fro may leave BIGINT where no balance does.
    "shift" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "effective_day_pkey" PRIMARY KEY ("account_id","day")
);

CREATE INDEX "journal_entry_debit_effective" ON "journal_entry" ("debit_id", "effective_at") INCLUDE ("amount")
    WHERE "transfer_id" IS NOT NULL AND "effective_at" <> "recorded_at";
CREATE INDEX "journal_entry_debit_recorded" ON "journal_entry" ("debit_id", "recorded_at") INCLUDE ("amount")
    WHERE "transfer_id" IS NOT NULL AND "effective_at" <> "recorded_at";
CREATE INDEX "journal_entry_credit_effective" ON "journal_entry" ("credit_id", "effective_at") INCLUDE ("amount")
    WHERE "transfer_id" IS NOT NULL AND "effective_at" <> "recorded_at";
CREATE INDEX "journal_entry_credit_recorded" ON "journal_entry" ("credit_id", "recorded_at") INCLUDE ("amount")
    WHERE "transfer_id" IS NOT NULL AND "effective_at" <> "recorded_at";

-- Runs under the locks of both accounts and of the head, so that nobody else writes these days.
CREATE FUNCTION "keep_effective_day"() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c_effective CONSTANT date := (NEW.effective_at AT TIME ZONE 'UTC')::date;
    c_recorded CONSTANT date := (NEW.recorded_at AT TIME ZONE 'UTC')::date;
BEGIN
    -- Within one day the two cancel each other; the rows of the day are read themselves.
    IF c_effective = c_recorded THEN RETURN NULL; END IF;
    INSERT INTO effective_day AS d (account_id, day, shift)
    VALUES (NEW.debit_id, c_effective, -NEW.amount), (NEW.debit_id, c_recorded, NEW.amount),
           (NEW.credit_id, c_effective, NEW.amount), (NEW.credit_id, c_recorded, -NEW.amount)
    ON CONFLICT (account_id, day) DO UPDATE SET shift = d.shift + excluded.shift;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION "keep_effective_day" FROM PUBLIC;
CREATE TRIGGER "journal_entry_effective_day"
AFTER INSERT ON "journal_entry"
FOR EACH ROW WHEN (NEW."transfer_id" IS NOT NULL AND NEW."effective_at" <> NEW."recorded_at")
EXECUTE FUNCTION "keep_effective_day"();

-- Rows that are there already. Until now nothing was back-dated, but a home may have been written by hand.
INSERT INTO "effective_day" ("account_id", "day", "shift")
SELECT s.account_id, (s.at AT TIME ZONE 'UTC')::date, sum(s.amount)
FROM "journal_entry" j
CROSS JOIN LATERAL (VALUES (j.debit_id, j.effective_at, -j.amount), (j.debit_id, j.recorded_at, j.amount),
                           (j.credit_id, j.effective_at, j.amount), (j.credit_id, j.recorded_at, -j.amount))
    AS s(account_id, at, amount)
WHERE j.transfer_id IS NOT NULL AND j.effective_at <> j.recorded_at
GROUP BY 1, 2;

GRANT SELECT ON "effective_day" TO __APP_ROLE__;
