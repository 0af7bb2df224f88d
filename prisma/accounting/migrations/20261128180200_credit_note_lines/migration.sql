-- A credit note refers to each invoice that it gives back from by a line of its own (close_escrow).
-- AlterTable
ALTER TABLE "invoice_line" ADD COLUMN     "credits_id" TEXT;

UPDATE "invoice_line" l SET "credits_id" = i."credits_id" FROM "invoice" i WHERE i."id" = l."invoice_id";

-- DropIndex
DROP INDEX "invoice_credits_id_idx";

-- AlterTable
ALTER TABLE "invoice" DROP COLUMN "credits_id";

-- CreateIndex
CREATE INDEX "invoice_line_credits_id_idx" ON "invoice_line"("credits_id");
