-- AlterTable
ALTER TABLE "saga_run" ADD COLUMN     "runner" TEXT;
