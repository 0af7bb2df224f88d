-- AlterTable
ALTER TABLE "offer_version" ADD COLUMN     "valid_from" TIMESTAMPTZ(3),
ADD COLUMN     "valid_until" TIMESTAMPTZ(3);

-- AlterTable
ALTER TABLE "access_grant" ADD COLUMN     "purge" BOOLEAN NOT NULL DEFAULT false;

-- CreateTable
CREATE TABLE "grant_part" (
    "grant_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "quantity_micros" BIGINT NOT NULL,
    "price_micros" BIGINT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "paid_micros" BIGINT NOT NULL,
    "activated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "grant_part_pkey" PRIMARY KEY ("grant_id","number")
);

-- CreateTable
CREATE TABLE "grant_extension" (
    "id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "requester_id" TEXT NOT NULL,
    "offer_version" INTEGER NOT NULL,
    "price_micros" BIGINT NOT NULL,
    "added_quantity_micros" BIGINT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "total_micros" BIGINT NOT NULL,
    "hold_id" TEXT,
    "invoice_id" TEXT,
    "state" TEXT NOT NULL DEFAULT 'UNDER_WAY',
    "failure" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "grant_extension_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "grant_extension_grant_id_idx" ON "grant_extension"("grant_id");

-- AddForeignKey
ALTER TABLE "grant_part" ADD CONSTRAINT "grant_part_grant_id_fkey" FOREIGN KEY ("grant_id") REFERENCES "access_grant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "grant_extension" ADD CONSTRAINT "grant_extension_grant_id_fkey" FOREIGN KEY ("grant_id") REFERENCES "access_grant"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What the grants there are were paid for is their first part.
INSERT INTO "grant_part" ("grant_id", "number", "quantity_micros", "price_micros", "starts_at", "ends_at", "paid_micros", "activated_at")
SELECT "id", 1, "quantity_micros", "price_micros", "starts_at", "ends_at", "paid_micros", "activated_at" FROM "access_grant";
