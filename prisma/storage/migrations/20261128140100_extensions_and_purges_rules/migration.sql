-- What drives that are extended or purged must keep to, and what the serving role may do. __APP_ROLE__ stands for that role.

ALTER TABLE "drive" ADD CONSTRAINT "drive_purge_check" CHECK (
    ("purge_since" IS NULL OR "status" = 'CLOSED') AND ("purged_at" IS NULL OR "purge_since" IS NOT NULL));

-- The sweeper looks for drives whose READ_ONLY time is over; the others are many more.
CREATE INDEX "drive_read_only_idx" ON "drive"("closed_at") WHERE "status" = 'READ_ONLY';

GRANT SELECT, INSERT, UPDATE ("undone_at") ON "drive_extension" TO __APP_ROLE__;
GRANT UPDATE ("quota_bytes", "ends_at", "purge_since") ON "drive" TO __APP_ROLE__;

-- Forgets uploads of a drive that is being purged, with their versions, parts and pins; of any other drive nothing. The
-- serving role has no right to delete any of it otherwise. Their objects are deleted before.
CREATE FUNCTION "forget_uploads"(p_drive text, p_uploads text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM drive d WHERE d.id = p_drive AND d.purge_since IS NOT NULL) THEN
        RAISE EXCEPTION 'only a drive that is purged forgets' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE file f SET current_version_id = NULL FROM file_version v
    WHERE v.id = f.current_version_id AND f.drive_id = p_drive AND v.upload_id = ANY (p_uploads);
    DELETE FROM job_input i USING file_version v JOIN file f ON f.id = v.file_id
    WHERE v.id = i.version_id AND f.drive_id = p_drive AND v.upload_id = ANY (p_uploads);
    DELETE FROM file_version v USING file f
    WHERE f.id = v.file_id AND f.drive_id = p_drive AND v.upload_id = ANY (p_uploads);
    DELETE FROM upload_part p USING upload u
    WHERE u.id = p.upload_id AND u.drive_id = p_drive AND u.id = ANY (p_uploads);
    DELETE FROM upload u WHERE u.drive_id = p_drive AND u.id = ANY (p_uploads);
END $$;

-- Ends a purge whose uploads are all forgotten: the paths go, the counters are zero. A row says what was deleted; none
-- where it was ended before.
CREATE FUNCTION "finish_purge"(p_drive text, p_at timestamptz) RETURNS TABLE ("files" bigint, "bytes" bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    v_bytes bigint;
    v_files bigint;
BEGIN
    SELECT d.live_bytes + d.version_bytes + d.trash_bytes INTO v_bytes FROM drive d
    WHERE d.id = p_drive AND d.purge_since IS NOT NULL AND d.purged_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM upload u WHERE u.drive_id = p_drive)
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    DELETE FROM file f WHERE f.drive_id = p_drive;
    GET DIAGNOSTICS v_files = ROW_COUNT;
    UPDATE drive d SET purged_at = p_at, live_bytes = 0, version_bytes = 0, trash_bytes = 0 WHERE d.id = p_drive;
    RETURN QUERY SELECT v_files, v_bytes;
END $$;

REVOKE ALL ON FUNCTION "forget_uploads", "finish_purge" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "forget_uploads", "finish_purge" TO __APP_ROLE__;
