-- AlterTable
ALTER TABLE "cluster" ADD COLUMN     "gpus" INTEGER;

-- AlterTable
ALTER TABLE "allocation" ADD COLUMN     "basis" TEXT NOT NULL DEFAULT 'CORE_HOUR';

-- AlterTable
ALTER TABLE "job" ADD COLUMN     "basis" TEXT NOT NULL DEFAULT 'CORE_HOUR';

-- CreateTable
CREATE TABLE "allocation_extension" (
    "id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "previous_price_micros" BIGINT,
    "previous_ends_at" TIMESTAMPTZ(3),
    "undone_at" TIMESTAMPTZ(3),

    CONSTRAINT "allocation_extension_pkey" PRIMARY KEY ("id")
);
