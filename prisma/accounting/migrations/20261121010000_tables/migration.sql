-- CreateTable
CREATE TABLE "unit" (
    "name" TEXT NOT NULL,
    "issuance_account_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "unit_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "account" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'OPEN',
    "owner_id" TEXT,
    "posted" BIGINT NOT NULL DEFAULT 0,
    "held" BIGINT NOT NULL DEFAULT 0,
    "overdraft_limit" BIGINT NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "escrow" (
    "account_id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "payer_id" TEXT NOT NULL,
    "payee_id" TEXT NOT NULL,
    "hold_id" TEXT NOT NULL,
    "opened_by" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "earned" BIGINT NOT NULL DEFAULT 0,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "escrow_pkey" PRIMARY KEY ("account_id")
);

-- CreateTable
CREATE TABLE "journal_entry" (
    "sequence" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "transfer_id" TEXT,
    "hold_id" TEXT,
    "debit_id" TEXT NOT NULL,
    "credit_id" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "released" BIGINT NOT NULL DEFAULT 0,
    "description" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "invoice_id" TEXT,
    "debit_balance_after" BIGINT NOT NULL,
    "credit_balance_after" BIGINT NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,
    "effective_at" TIMESTAMPTZ(6) NOT NULL,
    "entry_hash" BYTEA NOT NULL,

    CONSTRAINT "journal_entry_pkey" PRIMARY KEY ("sequence")
);

-- CreateTable
CREATE TABLE "chain_head" (
    "only" BOOLEAN NOT NULL DEFAULT true,
    "sequence" BIGINT NOT NULL,
    "entry_hash" BYTEA NOT NULL,
    "recorded_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "chain_head_pkey" PRIMARY KEY ("only")
);

-- CreateTable
CREATE TABLE "hold" (
    "id" TEXT NOT NULL,
    "debit_id" TEXT NOT NULL,
    "credit_id" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "captured" BIGINT NOT NULL DEFAULT 0,
    "status" TEXT NOT NULL DEFAULT 'OPEN',
    "placed_by" TEXT NOT NULL,
    "resource" TEXT,
    "reason" TEXT NOT NULL,
    "placed_at" TIMESTAMPTZ(6) NOT NULL,
    "expires_at" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "hold_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "number_series" (
    "owner_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "last_number" BIGINT NOT NULL,

    CONSTRAINT "number_series_pkey" PRIMARY KEY ("owner_id","kind")
);

-- CreateTable
CREATE TABLE "invoice" (
    "id" TEXT NOT NULL,
    "series_owner_id" TEXT NOT NULL,
    "number" BIGINT NOT NULL,
    "kind" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "unit" TEXT NOT NULL,
    "total" BIGINT NOT NULL,
    "payer_id" TEXT NOT NULL,
    "payee_id" TEXT NOT NULL,
    "hold_id" TEXT,
    "credits_id" TEXT,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invoice_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "invoice_line" (
    "invoice_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "description" TEXT NOT NULL,
    "quantity" TEXT NOT NULL,
    "unit_price" BIGINT NOT NULL,
    "amount" BIGINT NOT NULL,

    CONSTRAINT "invoice_line_pkey" PRIMARY KEY ("invoice_id","position")
);

-- CreateTable
CREATE TABLE "receipt" (
    "id" TEXT NOT NULL,
    "series_owner_id" TEXT NOT NULL,
    "number" BIGINT NOT NULL,
    "sequence" BIGINT NOT NULL,
    "hold_id" TEXT NOT NULL,
    "invoice_id" TEXT,

    CONSTRAINT "receipt_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "unit_issuance_account_id_key" ON "unit"("issuance_account_id");

-- CreateIndex
CREATE INDEX "account_owner_id_id_idx" ON "account"("owner_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "escrow_grant_id_key" ON "escrow"("grant_id");

-- CreateIndex
CREATE UNIQUE INDEX "escrow_hold_id_key" ON "escrow"("hold_id");

-- CreateIndex
CREATE INDEX "escrow_payer_id_idx" ON "escrow"("payer_id");

-- CreateIndex
CREATE UNIQUE INDEX "journal_entry_transfer_id_key" ON "journal_entry"("transfer_id");

-- CreateIndex
CREATE INDEX "journal_entry_debit_id_sequence_idx" ON "journal_entry"("debit_id", "sequence");

-- CreateIndex
CREATE INDEX "journal_entry_credit_id_sequence_idx" ON "journal_entry"("credit_id", "sequence");

-- CreateIndex
CREATE INDEX "hold_debit_id_status_expires_at_idx" ON "hold"("debit_id", "status", "expires_at");

-- CreateIndex
CREATE INDEX "hold_credit_id_status_expires_at_idx" ON "hold"("credit_id", "status", "expires_at");

-- CreateIndex
CREATE INDEX "hold_status_expires_at_idx" ON "hold"("status", "expires_at");

-- CreateIndex
CREATE INDEX "invoice_hold_id_idx" ON "invoice"("hold_id");

-- CreateIndex
CREATE INDEX "invoice_credits_id_idx" ON "invoice"("credits_id");

-- CreateIndex
CREATE UNIQUE INDEX "invoice_series_owner_id_number_key" ON "invoice"("series_owner_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "receipt_sequence_key" ON "receipt"("sequence");

-- CreateIndex
CREATE INDEX "receipt_hold_id_idx" ON "receipt"("hold_id");

-- CreateIndex
CREATE INDEX "receipt_invoice_id_idx" ON "receipt"("invoice_id");

-- CreateIndex
CREATE UNIQUE INDEX "receipt_series_owner_id_number_key" ON "receipt"("series_owner_id", "number");

-- AddForeignKey
ALTER TABLE "account" ADD CONSTRAINT "account_unit_fkey" FOREIGN KEY ("unit") REFERENCES "unit"("name") ON DELETE RESTRICT ON UPDATE RESTRICT;

-- AddForeignKey
ALTER TABLE "invoice_line" ADD CONSTRAINT "invoice_line_invoice_id_fkey" FOREIGN KEY ("invoice_id") REFERENCES "invoice"("id") ON DELETE RESTRICT ON UPDATE RESTRICT;
