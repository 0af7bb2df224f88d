-- CreateTable
CREATE TABLE "cluster" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "provider_group_id" TEXT NOT NULL,
    "isolated" BOOLEAN,
    "cores" INTEGER,
    "memory_bytes" BIGINT,
    "last_seen_at" TIMESTAMPTZ(3),

    CONSTRAINT "cluster_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "allocation" (
    "id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "holder_id" TEXT NOT NULL,
    "escrow_id" TEXT NOT NULL,
    "payee_account_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "unit_price_micros" BIGINT NOT NULL,
    "unit" TEXT NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "allocation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "ended_grant" (
    "grant_id" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ended_grant_pkey" PRIMARY KEY ("grant_id")
);

-- CreateTable
CREATE TABLE "job" (
    "id" TEXT NOT NULL,
    "allocation_id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "cluster_id" TEXT NOT NULL,
    "submitted_by_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "command" TEXT[],
    "script" TEXT,
    "nodes" INTEGER NOT NULL,
    "tasks" INTEGER NOT NULL,
    "cpus_per_task" INTEGER NOT NULL,
    "memory_bytes" BIGINT,
    "gpus" INTEGER NOT NULL,
    "wall_time_seconds" INTEGER NOT NULL,
    "isolation_required" BOOLEAN NOT NULL,
    "unit_price_micros" BIGINT NOT NULL,
    "unit" TEXT NOT NULL,
    "submission" TEXT NOT NULL,
    "refusal" TEXT,
    "sealed_tokens" BYTEA,
    "tokens_expire_at" TIMESTAMPTZ(3),
    "hold_id" TEXT,
    "last_start_at" TIMESTAMPTZ(3) NOT NULL,
    "status" TEXT NOT NULL,
    "outcome" TEXT,
    "cancel_requested_at" TIMESTAMPTZ(3),
    "lease" TEXT,
    "lease_seconds" INTEGER,
    "lease_expires_at" TIMESTAMPTZ(3),
    "fencing_token" INTEGER NOT NULL DEFAULT 0,
    "report_sequence" INTEGER NOT NULL DEFAULT 0,
    "log_sequence" INTEGER,
    "log_bytes" INTEGER NOT NULL DEFAULT 0,
    "log_truncated" BOOLEAN NOT NULL DEFAULT false,
    "exit_code" INTEGER,
    "reason" TEXT,
    "queued_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "charge_micros" BIGINT,
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "job_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job_input" (
    "job_id" TEXT NOT NULL,
    "position" INTEGER NOT NULL,
    "drive_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "file_name" TEXT NOT NULL,

    CONSTRAINT "job_input_pkey" PRIMARY KEY ("job_id","position")
);

-- CreateTable
CREATE TABLE "job_log_call" (
    "job_id" TEXT NOT NULL,
    "fencing_token" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,

    CONSTRAINT "job_log_call_pkey" PRIMARY KEY ("job_id","fencing_token","sequence")
);

-- CreateTable
CREATE TABLE "job_log_line" (
    "job_id" TEXT NOT NULL,
    "fencing_token" INTEGER NOT NULL,
    "sequence" INTEGER NOT NULL,
    "position" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "stream" TEXT NOT NULL,
    "text" TEXT NOT NULL,

    CONSTRAINT "job_log_line_pkey" PRIMARY KEY ("job_id","fencing_token","sequence","position")
);

-- CreateIndex
CREATE UNIQUE INDEX "cluster_name_key" ON "cluster"("name");

-- CreateIndex
CREATE UNIQUE INDEX "allocation_grant_id_key" ON "allocation"("grant_id");

-- CreateIndex
CREATE INDEX "job_submitted_by_id_queued_at_id_idx" ON "job"("submitted_by_id", "queued_at", "id");

-- CreateIndex
CREATE INDEX "job_grant_id_queued_at_id_idx" ON "job"("grant_id", "queued_at", "id");

-- CreateIndex
CREATE INDEX "job_allocation_id_idx" ON "job"("allocation_id");

-- CreateIndex
CREATE INDEX "job_cluster_id_status_queued_at_id_idx" ON "job"("cluster_id", "status", "queued_at", "id");

-- AddForeignKey
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_cluster_id_fkey" FOREIGN KEY ("cluster_id") REFERENCES "cluster"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job" ADD CONSTRAINT "job_allocation_id_fkey" FOREIGN KEY ("allocation_id") REFERENCES "allocation"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_input" ADD CONSTRAINT "job_input_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_log_call" ADD CONSTRAINT "job_log_call_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_log_line" ADD CONSTRAINT "job_log_line_job_id_fkey" FOREIGN KEY ("job_id") REFERENCES "job"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
