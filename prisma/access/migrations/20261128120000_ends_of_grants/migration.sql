-- AlterTable
ALTER TABLE "access_grant" ADD COLUMN     "end_reason" TEXT,
ADD COLUMN     "ended_by" TEXT,
ADD COLUMN     "refunded_micros" BIGINT NOT NULL DEFAULT 0;

-- What was never used of grants that ended before it was kept: of a drive it is told by time; of the rest it is 0 here
-- and stands in the ledger alone.

GRANT UPDATE ("refunded_micros", "ended_by", "end_reason") ON "access_grant" TO __APP_ROLE__;
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_refunded_check"
    CHECK ("refunded_micros" >= 0 AND "refunded_micros" <= "paid_micros");
