-- CreateTable
CREATE TABLE "escrow_extension" (
    "id" TEXT NOT NULL,
    "account_id" TEXT,
    "hold_id" TEXT,
    "previous_hold_id" TEXT,
    "previous_ends_at" TIMESTAMPTZ(3),
    "abandoned_at" TIMESTAMPTZ(3),

    CONSTRAINT "escrow_extension_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "escrow_extension_hold_id_key" ON "escrow_extension"("hold_id");
