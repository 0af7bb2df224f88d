-- What schema.prisma cannot say: collation, checks, and what the serving role may do. __APP_ROLE__ stands for that role.

-- Paths sort by bytes, whatever the server's locale, so that a folder is one range of the index.
ALTER TABLE "file" ALTER COLUMN "path" TYPE TEXT COLLATE "C";

-- The use cases keep these; the database refuses a mistake in them.
ALTER TABLE "drive"
    ADD CONSTRAINT "drive_window_check" CHECK ("starts_at" < "ends_at"),
    ADD CONSTRAINT "drive_usage_check" CHECK (
        "live_bytes" >= 0 AND "version_bytes" >= 0 AND "trash_bytes" >= 0 AND "incomplete_bytes" >= 0
        AND "open_uploads" >= 0
        AND "live_bytes"::NUMERIC + "version_bytes" + "trash_bytes" + "incomplete_bytes" <= "quota_bytes"
    );
ALTER TABLE "upload" ADD CONSTRAINT "upload_size_check" CHECK ("size_bytes" >= 0 AND "part_bytes" > 0);

GRANT USAGE ON SCHEMA "public" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "drive", "closed_grant", "file", "file_version", "upload", "upload_part", "job_input" TO __APP_ROLE__;
-- Versions are never changed and nothing with a version is ever deleted.
GRANT UPDATE (
    "status", "closed_at", "live_bytes", "version_bytes", "trash_bytes", "incomplete_bytes", "open_uploads"
) ON "drive" TO __APP_ROLE__;
GRANT UPDATE ("current_version_id") ON "file" TO __APP_ROLE__;
GRANT UPDATE ("status", "revision") ON "upload" TO __APP_ROLE__;
GRANT UPDATE ("bytes", "sha256", "object_key"), DELETE ON "upload_part" TO __APP_ROLE__;
GRANT DELETE ON "job_input" TO __APP_ROLE__;
