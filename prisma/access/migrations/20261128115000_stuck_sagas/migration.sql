-- AlterTable
ALTER TABLE "saga_run" ADD COLUMN     "stuck_since" TIMESTAMPTZ(3);
