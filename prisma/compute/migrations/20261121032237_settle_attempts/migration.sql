-- AlterTable
ALTER TABLE "job" ADD COLUMN     "settle_attempt" INTEGER NOT NULL DEFAULT 0;
