-- CreateEnum
CREATE TYPE "DeviceLoginStatus" AS ENUM ('PENDING', 'APPROVED', 'DENIED', 'COMPLETED');

-- AlterEnum
ALTER TYPE "SessionEnd" ADD VALUE 'REVOKED';

-- AlterTable
ALTER TABLE "enrolment" ADD COLUMN     "replaces" BOOLEAN NOT NULL DEFAULT false;

-- AlterTable
ALTER TABLE "session" ADD COLUMN     "client_name" TEXT,
ADD COLUMN     "scopes" TEXT;

-- CreateTable
CREATE TABLE "remembered_device" (
    "token_hash" BYTEA NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "remembered_device_pkey" PRIMARY KEY ("token_hash")
);

-- CreateTable
CREATE TABLE "device_login" (
    "id" TEXT NOT NULL,
    "device_code_hash" BYTEA NOT NULL,
    "user_code_hash" BYTEA NOT NULL,
    "check_phrase" TEXT NOT NULL,
    "client_name" TEXT NOT NULL,
    "host" TEXT,
    "scopes" TEXT,
    "ip_address" TEXT NOT NULL,
    "user_agent" TEXT NOT NULL,
    "status" "DeviceLoginStatus" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "interval_seconds" INTEGER NOT NULL,
    "next_poll_at" TIMESTAMPTZ(3) NOT NULL,
    "user_id" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "session_id" TEXT,

    CONSTRAINT "device_login_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "remembered_device_user_id_idx" ON "remembered_device"("user_id");

-- CreateIndex
CREATE INDEX "remembered_device_expires_at_idx" ON "remembered_device"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "device_login_device_code_hash_key" ON "device_login"("device_code_hash");

-- CreateIndex
CREATE UNIQUE INDEX "device_login_user_code_hash_key" ON "device_login"("user_code_hash");

-- CreateIndex
CREATE UNIQUE INDEX "device_login_session_id_key" ON "device_login"("session_id");

-- CreateIndex
CREATE INDEX "device_login_user_id_idx" ON "device_login"("user_id");

-- CreateIndex
CREATE INDEX "device_login_expires_at_idx" ON "device_login"("expires_at");

-- CreateIndex
CREATE INDEX "enrolment_expires_at_idx" ON "enrolment"("expires_at");

-- CreateIndex
CREATE INDEX "session_expires_at_idx" ON "session"("expires_at");

-- AddForeignKey
ALTER TABLE "remembered_device" ADD CONSTRAINT "remembered_device_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device_login" ADD CONSTRAINT "device_login_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "device_login" ADD CONSTRAINT "device_login_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE SET NULL ON UPDATE CASCADE;
