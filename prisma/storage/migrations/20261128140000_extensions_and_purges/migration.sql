-- AlterTable
ALTER TABLE "drive" ADD COLUMN     "purge_since" TIMESTAMPTZ(3),
ADD COLUMN     "purged_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "drive_extension" (
    "id" TEXT NOT NULL,
    "grant_id" TEXT NOT NULL,
    "previous_quota_bytes" BIGINT,
    "previous_ends_at" TIMESTAMPTZ(3),
    "undone_at" TIMESTAMPTZ(3),

    CONSTRAINT "drive_extension_pkey" PRIMARY KEY ("id")
);
