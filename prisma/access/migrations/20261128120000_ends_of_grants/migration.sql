-- AlterTable
ALTER TABLE "access_grant" ADD COLUMN     "activated_at" TIMESTAMPTZ(3),
ADD COLUMN     "end_reason" TEXT,
ADD COLUMN     "ended_by" TEXT,
ADD COLUMN     "refunded_micros" BIGINT NOT NULL DEFAULT 0;

-- A grant has always been written when its resource was ready.
UPDATE "access_grant" SET "activated_at" = "created_at";
ALTER TABLE "access_grant" ALTER COLUMN "activated_at" SET NOT NULL;

-- What was never used of grants that ended before it was kept: of a drive it is told by time; of the rest it is 0 here
-- and stands in the ledger alone.

GRANT UPDATE ("refunded_micros", "ended_by", "end_reason") ON "access_grant" TO __APP_ROLE__;
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_refunded_check"
    CHECK ("refunded_micros" >= 0 AND "refunded_micros" <= "paid_micros");
