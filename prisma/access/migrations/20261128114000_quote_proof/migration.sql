-- AlterTable
ALTER TABLE "quote" ADD COLUMN     "proof" TEXT NOT NULL DEFAULT '';
