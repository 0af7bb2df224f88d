-- AlterTable
ALTER TABLE "account" ADD COLUMN     "budgeted" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "hold" ADD COLUMN     "spender_id" TEXT;

-- AlterTable
ALTER TABLE "usage_record" ADD COLUMN     "waived" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "budget" (
    "id" TEXT NOT NULL,
    "account_id" TEXT,
    "group_id" TEXT,
    "member_id" TEXT,
    "unit" TEXT NOT NULL,
    "period" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "name" TEXT NOT NULL,
    "maximum" BIGINT NOT NULL,
    "hard" BOOLEAN NOT NULL,
    "thresholds" INTEGER[],
    "counts_from" TIMESTAMPTZ(3) NOT NULL,
    "set_by" TEXT NOT NULL,
    "set_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "removed_at" TIMESTAMPTZ(3),
    "cap" TEXT,

    CONSTRAINT "budget_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "budget_use" (
    "budget_id" TEXT NOT NULL,
    "period_start" TIMESTAMPTZ(3) NOT NULL,
    "spent" DECIMAL(38,0) NOT NULL,
    "held" DECIMAL(38,0) NOT NULL,

    CONSTRAINT "budget_use_pkey" PRIMARY KEY ("budget_id","period_start")
);

-- CreateTable
CREATE TABLE "budget_crossing" (
    "budget_id" TEXT NOT NULL,
    "number" BIGINT NOT NULL,
    "period_start" TIMESTAMPTZ(3) NOT NULL,
    "percent" INTEGER NOT NULL,
    "used" DECIMAL(38,0) NOT NULL,
    "maximum" BIGINT NOT NULL,
    "crossed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "budget_crossing_pkey" PRIMARY KEY ("budget_id","number")
);

-- CreateTable
CREATE TABLE "adjustment" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'PROPOSED',
    "debit_id" TEXT NOT NULL,
    "credit_id" TEXT,
    "unit" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "reason" TEXT NOT NULL,
    "proposed_by" TEXT NOT NULL,
    "proposed_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "decision" TEXT,
    "transfer_id" TEXT,
    "waived" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "adjustment_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "usage_waiver" (
    "adjustment_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "segment" INTEGER NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "usage_waiver_pkey" PRIMARY KEY ("adjustment_id","cluster_id","external_id","segment")
);

-- CreateIndex
CREATE INDEX "usage_waiver_cluster_id_external_id_segment_idx" ON "usage_waiver"("cluster_id", "external_id", "segment");

-- CreateIndex
CREATE UNIQUE INDEX "adjustment_transfer_id_key" ON "adjustment"("transfer_id");

-- CreateIndex
CREATE INDEX "adjustment_status_id_idx" ON "adjustment"("status", "id");

-- What the database itself refuses, whoever asks.
ALTER TABLE "budget"
    ADD CONSTRAINT "budget_scope" CHECK (("account_id" IS NULL) <> ("group_id" IS NULL)
        AND ("member_id" IS NULL OR "account_id" IS NOT NULL)),
    ADD CONSTRAINT "budget_period" CHECK (CASE "period"
        WHEN 'WINDOW' THEN "starts_at" IS NOT NULL AND "ends_at" IS NOT NULL AND "starts_at" < "ends_at"
        ELSE "period" IN ('DAY', 'MONTH') AND "starts_at" IS NULL AND "ends_at" IS NULL END),
    ADD CONSTRAINT "budget_maximum" CHECK ("maximum" > 0),
    ADD CONSTRAINT "budget_cap" CHECK ("cap" IS NULL OR ("cap" IN ('OWN', 'DEFAULT') AND "member_id" IS NOT NULL AND "period" = 'WINDOW'));
-- One budget for what it limits: setting it again replaces it.
CREATE UNIQUE INDEX "budget_of_account" ON "budget" ("account_id", coalesce("member_id", ''), "period",
    coalesce("starts_at", '-infinity'), coalesce("ends_at", '-infinity')) WHERE "removed_at" IS NULL AND "account_id" IS NOT NULL;
CREATE UNIQUE INDEX "budget_of_group" ON "budget" ("group_id", "unit", "period",
    coalesce("starts_at", '-infinity'), coalesce("ends_at", '-infinity')) WHERE "removed_at" IS NULL AND "group_id" IS NOT NULL;
-- Counters change with every posting; half a page kept free lets a new version stay on the page.
ALTER TABLE "budget_use" SET (fillfactor = 50);
CREATE INDEX "budget_crossing_percent_idx" ON "budget_crossing" ("percent");

ALTER TABLE "usage_record"
    ADD CONSTRAINT "usage_record_waived" CHECK ("waived" >= 0 AND ("waived" = 0 OR "charged"::numeric + "waived" <= "amount"));
DROP INDEX "usage_record_owing";
CREATE INDEX "usage_record_owing" ON "usage_record" ("payer_id", "starts_at") WHERE "amount" <> "charged" + "waived";

ALTER TABLE "adjustment"
    ADD CONSTRAINT "adjustment_kind" CHECK (CASE "kind"
        WHEN 'TRANSFER' THEN "credit_id" IS NOT NULL AND "credit_id" <> "debit_id" AND ("status" = 'APPROVED') = ("transfer_id" IS NOT NULL)
        WHEN 'WAIVER' THEN "credit_id" IS NULL AND "transfer_id" IS NULL AND ("status" = 'APPROVED') = ("waived" > 0) ELSE FALSE END),
    ADD CONSTRAINT "adjustment_status" CHECK ("status" IN ('PROPOSED', 'APPROVED', 'REJECTED')),
    ADD CONSTRAINT "adjustment_amount" CHECK ("amount" > 0 AND "waived" BETWEEN 0 AND "amount"),
    -- Nobody approves what they proposed, by whatever path.
    ADD CONSTRAINT "adjustment_second_person" CHECK ("status" <> 'APPROVED' OR ("decided_by" IS NOT NULL AND "decided_by" <> "proposed_by"));

CREATE TRIGGER "budget_crossing_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "budget_crossing"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_journal_change"();
CREATE TRIGGER "usage_waiver_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "usage_waiver"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_journal_change"();

-- Transfers that two operators made together.
ALTER TABLE "journal_entry"
    DROP CONSTRAINT "journal_entry_kind",
    ADD CONSTRAINT "journal_entry_kind" CHECK (
        CASE
            WHEN "kind" = 'REVERSAL' THEN "transfer_id" IS NOT NULL AND "hold_id" IS NULL AND "reverses_id" IS NOT NULL
            WHEN "reverses_id" IS NOT NULL THEN FALSE
            WHEN "kind" IN ('DEPOSIT', 'TRANSFER', 'REFUND', 'USAGE', 'ADJUSTMENT')
                THEN "transfer_id" IS NOT NULL AND "hold_id" IS NULL
            WHEN "kind" = 'CAPTURE' THEN "transfer_id" IS NOT NULL AND "hold_id" IS NOT NULL
            WHEN "kind" IN ('HOLD_PLACED', 'HOLD_EXTENDED', 'HOLD_RELEASED', 'HOLD_EXPIRED')
                THEN "transfer_id" IS NULL AND "hold_id" IS NOT NULL
            ELSE FALSE
        END);

GRANT SELECT ON "budget", "budget_use", "budget_crossing", "adjustment", "usage_waiver" TO __APP_ROLE__;
