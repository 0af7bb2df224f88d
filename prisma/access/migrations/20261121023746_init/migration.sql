-- CreateTable
CREATE TABLE "offer" (
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "description" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'ACTIVE',
    "price_micros" BIGINT NOT NULL,
    "unit" TEXT NOT NULL,
    "basis" TEXT NOT NULL,
    "provider_id" TEXT NOT NULL,
    "payee_account_id" TEXT NOT NULL,
    "resource_id" TEXT,
    "approval" TEXT NOT NULL,
    "maximum_quantity_micros" BIGINT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "offer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "quote" (
    "id" TEXT NOT NULL,
    "offer_id" TEXT NOT NULL,
    "requester_id" TEXT NOT NULL,
    "quantity_micros" BIGINT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "price_micros" BIGINT NOT NULL,
    "unit" TEXT NOT NULL,
    "total_micros" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "made_for_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "quote_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_request" (
    "id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "visible" BOOLEAN NOT NULL DEFAULT false,
    "requester_id" TEXT NOT NULL,
    "quote_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "justification" TEXT,
    "grant_id" TEXT NOT NULL,
    "escrow_account_id" TEXT,
    "hold_id" TEXT,
    "invoice_id" TEXT,
    "captured" BOOLEAN NOT NULL DEFAULT false,
    "failure" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ended_at" TIMESTAMPTZ(3),

    CONSTRAINT "access_request_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_request_event" (
    "id" BIGSERIAL NOT NULL,
    "request_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "step" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "result" TEXT NOT NULL,

    CONSTRAINT "access_request_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "access_grant" (
    "id" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "offer_id" TEXT NOT NULL,
    "quantity_micros" BIGINT NOT NULL,
    "price_micros" BIGINT NOT NULL,
    "unit" TEXT NOT NULL,
    "paid_micros" BIGINT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "escrow_account_id" TEXT NOT NULL,
    "state" TEXT NOT NULL DEFAULT 'OPEN',
    "ended_at" TIMESTAMPTZ(3),
    "wait_for_jobs" BOOLEAN NOT NULL DEFAULT false,
    "refund_transfer_id" TEXT,
    "settled_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "access_grant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "saga_run" (
    "id" TEXT NOT NULL,
    "saga" TEXT NOT NULL,
    "step" TEXT NOT NULL,
    "direction" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "refusals" INTEGER NOT NULL DEFAULT 0,
    "step_since" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "failure" JSONB,
    "fence" BIGINT NOT NULL DEFAULT 1,
    "leased_until" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "saga_run_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "offer_name_id_idx" ON "offer"("name", "id");

-- CreateIndex
CREATE UNIQUE INDEX "quote_made_for_id_key" ON "quote"("made_for_id");

-- CreateIndex
CREATE UNIQUE INDEX "access_request_grant_id_key" ON "access_request"("grant_id");

-- CreateIndex
CREATE INDEX "access_request_requester_id_id_idx" ON "access_request"("requester_id", "id");

-- CreateIndex
CREATE INDEX "access_request_event_request_id_id_idx" ON "access_request_event"("request_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "access_grant_request_id_key" ON "access_grant"("request_id");

-- CreateIndex
CREATE INDEX "access_grant_holder_id_id_idx" ON "access_grant"("holder_id", "id");

-- AddForeignKey
ALTER TABLE "quote" ADD CONSTRAINT "quote_offer_id_fkey" FOREIGN KEY ("offer_id") REFERENCES "offer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_request" ADD CONSTRAINT "access_request_quote_id_fkey" FOREIGN KEY ("quote_id") REFERENCES "quote"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_request_event" ADD CONSTRAINT "access_request_event_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "access_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "access_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_grant" ADD CONSTRAINT "access_grant_offer_id_fkey" FOREIGN KEY ("offer_id") REFERENCES "offer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
