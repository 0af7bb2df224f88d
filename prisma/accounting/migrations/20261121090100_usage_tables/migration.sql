-- CreateTable
CREATE TABLE "rate_card" (
    "id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "payee_id" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "valid_from" TIMESTAMPTZ(3) NOT NULL,
    "published_by" TEXT NOT NULL,
    "published_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "rate_card_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate" (
    "rate_card_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "core_hour" BIGINT NOT NULL,
    "gpu_hour" BIGINT NOT NULL,
    "memory_gib_hour" BIGINT NOT NULL,
    "storage_gib_month" BIGINT NOT NULL,

    CONSTRAINT "rate_pkey" PRIMARY KEY ("rate_card_id","resource")
);

-- CreateTable
CREATE TABLE "usage_record" (
    "cluster_id" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "segment" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "user_id" TEXT,
    "group_id" TEXT,
    "account_id" TEXT,
    "payer_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "cpu_seconds" BIGINT NOT NULL,
    "gpu_seconds" BIGINT NOT NULL,
    "memory_byte_seconds" DECIMAL(38,0) NOT NULL,
    "storage_byte_seconds" DECIMAL(38,0) NOT NULL,
    "metadata" TEXT,
    "rate_card_id" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "charged" BIGINT NOT NULL,
    "transfer_id" TEXT,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "usage_record_pkey" PRIMARY KEY ("cluster_id","external_id","segment")
);

-- CreateTable
CREATE TABLE "usage_revision" (
    "cluster_id" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "segment" INTEGER NOT NULL,
    "revision" INTEGER NOT NULL,
    "content" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "usage_revision_pkey" PRIMARY KEY ("cluster_id","external_id","segment","revision")
);

-- CreateIndex
CREATE UNIQUE INDEX "rate_card_cluster_id_valid_from_key" ON "rate_card"("cluster_id", "valid_from");

-- CreateIndex
CREATE INDEX "usage_record_payer_id_starts_at_idx" ON "usage_record"("payer_id", "starts_at");

-- CreateIndex
CREATE INDEX "usage_record_user_id_starts_at_idx" ON "usage_record"("user_id", "starts_at");

-- CreateIndex
CREATE INDEX "usage_record_cluster_id_starts_at_idx" ON "usage_record"("cluster_id", "starts_at");

-- AddForeignKey
ALTER TABLE "rate" ADD CONSTRAINT "rate_rate_card_id_fkey" FOREIGN KEY ("rate_card_id") REFERENCES "rate_card"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- What the database itself refuses, whoever asks.
ALTER TABLE "rate" ADD CONSTRAINT "rate_prices"
    CHECK ("core_hour" >= 0 AND "gpu_hour" >= 0 AND "memory_gib_hour" >= 0 AND "storage_gib_month" >= 0);
ALTER TABLE "usage_record"
    ADD CONSTRAINT "usage_record_period" CHECK ("ends_at" >= "starts_at"),
    ADD CONSTRAINT "usage_record_counts" CHECK ("segment" >= 0 AND "revision" >= 0 AND "cpu_seconds" >= 0
        AND "gpu_seconds" >= 0 AND "memory_byte_seconds" >= 0 AND "storage_byte_seconds" >= 0 AND "amount" >= 0 AND "charged" >= 0);

-- Few records name a group, and fewer owe something.
CREATE INDEX "usage_record_group" ON "usage_record" ("group_id", "starts_at") WHERE "group_id" IS NOT NULL;
CREATE INDEX "usage_record_owing" ON "usage_record" ("payer_id", "starts_at") WHERE "amount" <> "charged";

CREATE TRIGGER "usage_revision_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "usage_revision"
FOR EACH STATEMENT EXECUTE FUNCTION "refuse_journal_change"();

GRANT SELECT ON "rate_card", "rate", "usage_record", "usage_revision" TO __APP_ROLE__;
