-- CreateEnum
CREATE TYPE "DriveStatus" AS ENUM ('INACTIVE', 'ACTIVE', 'READ_ONLY', 'CLOSED');

-- CreateEnum
CREATE TYPE "UploadStatus" AS ENUM ('OPEN', 'COMPLETED', 'ABORTED');

-- CreateTable
CREATE TABLE "drive" (
    "id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "quota_bytes" BIGINT NOT NULL,
    "status" "DriveStatus" NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "live_bytes" BIGINT NOT NULL DEFAULT 0,
    "version_bytes" BIGINT NOT NULL DEFAULT 0,
    "trash_bytes" BIGINT NOT NULL DEFAULT 0,
    "incomplete_bytes" BIGINT NOT NULL DEFAULT 0,
    "open_uploads" INTEGER NOT NULL DEFAULT 0,

    CONSTRAINT "drive_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "closed_grant" (
    "grant_id" TEXT NOT NULL,
    "closed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "closed_grant_pkey" PRIMARY KEY ("grant_id")
);

-- CreateTable
CREATE TABLE "file" (
    "id" TEXT NOT NULL,
    "drive_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "current_version_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "file_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "file_version" (
    "id" TEXT NOT NULL,
    "file_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "upload_id" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "content_type" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "file_version_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upload" (
    "id" TEXT NOT NULL,
    "drive_id" TEXT NOT NULL,
    "path" TEXT NOT NULL,
    "size_bytes" BIGINT NOT NULL,
    "part_bytes" BIGINT NOT NULL,
    "sha256" TEXT NOT NULL,
    "status" "UploadStatus" NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "revision" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "upload_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "upload_part" (
    "upload_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "bytes" INTEGER NOT NULL,
    "sha256" TEXT NOT NULL,
    "object_key" TEXT NOT NULL,

    CONSTRAINT "upload_part_pkey" PRIMARY KEY ("upload_id","number")
);

-- CreateTable
CREATE TABLE "job_input" (
    "job_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "version_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "job_input_pkey" PRIMARY KEY ("job_id","name")
);

-- CreateIndex
CREATE UNIQUE INDEX "drive_grant_id_key" ON "drive"("grant_id");

-- CreateIndex
CREATE INDEX "drive_owner_id_id_idx" ON "drive"("owner_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "file_current_version_id_key" ON "file"("current_version_id");

-- CreateIndex
CREATE UNIQUE INDEX "file_drive_id_path_key" ON "file"("drive_id", "path");

-- CreateIndex
CREATE UNIQUE INDEX "file_version_upload_id_key" ON "file_version"("upload_id");

-- CreateIndex
CREATE UNIQUE INDEX "file_version_file_id_number_key" ON "file_version"("file_id", "number");

-- CreateIndex
CREATE INDEX "upload_status_expires_at_idx" ON "upload"("status", "expires_at");

-- CreateIndex
CREATE INDEX "upload_drive_id_status_idx" ON "upload"("drive_id", "status");

-- CreateIndex
CREATE INDEX "job_input_version_id_idx" ON "job_input"("version_id");

-- AddForeignKey
ALTER TABLE "file" ADD CONSTRAINT "file_drive_id_fkey" FOREIGN KEY ("drive_id") REFERENCES "drive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "file" ADD CONSTRAINT "file_current_version_id_fkey" FOREIGN KEY ("current_version_id") REFERENCES "file_version"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "file_version" ADD CONSTRAINT "file_version_file_id_fkey" FOREIGN KEY ("file_id") REFERENCES "file"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "file_version" ADD CONSTRAINT "file_version_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload" ADD CONSTRAINT "upload_drive_id_fkey" FOREIGN KEY ("drive_id") REFERENCES "drive"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "upload_part" ADD CONSTRAINT "upload_part_upload_id_fkey" FOREIGN KEY ("upload_id") REFERENCES "upload"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "job_input" ADD CONSTRAINT "job_input_version_id_fkey" FOREIGN KEY ("version_id") REFERENCES "file_version"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
