-- What the serving role may do with what came: no more than the use cases need. It deletes nothing of people by itself.
GRANT SELECT, INSERT, UPDATE ("expires_at") ON "remembered_device" TO __APP_ROLE__;
GRANT SELECT, INSERT,
    UPDATE ("status", "interval_seconds", "next_poll_at", "user_id", "decided_at", "session_id")
    ON "device_login" TO __APP_ROLE__;

ALTER TABLE "device_login"
    ADD CONSTRAINT "device_login_decided" CHECK (("status" = 'PENDING') = ("decided_at" IS NULL)),
    ADD CONSTRAINT "device_login_interval" CHECK ("interval_seconds" BETWEEN 1 AND 86400);

-- Ended sessions are found by when they ended, live ones never.
CREATE INDEX "session_ended_at_idx" ON "session" ("ended_at") WHERE "ended_at" IS NOT NULL;

-- Removes what is over and was kept for long enough, at most _rows of each kind; tells how many rows of the kind with the
-- most. The owner's right, so that the serving role can remove nothing that is live, nor, whatever it calls, what was over
-- for less than 29 days by this machine's clock. A spent refresh token of a live
-- session stays: seeing it again is how theft shows.
CREATE FUNCTION "remove_what_is_over"(_now timestamptz, _kept_until timestamptz, _rows int)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    _over text[];
    _most bigint;
    _removed bigint;
BEGIN
    _kept_until := least(_kept_until, clock_timestamp() - interval '29 days');
    _over := ARRAY(
        SELECT id FROM session WHERE ended_at < _kept_until OR expires_at < _kept_until
        LIMIT _rows FOR UPDATE SKIP LOCKED);
    DELETE FROM refresh_token WHERE session_id = ANY (_over);
    DELETE FROM session WHERE id = ANY (_over);
    GET DIAGNOSTICS _most = ROW_COUNT;
    DELETE FROM device_login WHERE id IN (
        SELECT id FROM device_login WHERE expires_at < _kept_until LIMIT _rows FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS _removed = ROW_COUNT;
    _most := greatest(_most, _removed);
    DELETE FROM enrolment WHERE token_hash IN (
        SELECT token_hash FROM enrolment WHERE expires_at < _kept_until LIMIT _rows FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS _removed = ROW_COUNT;
    _most := greatest(_most, _removed);
    DELETE FROM recovery_code WHERE code_hash IN (
        SELECT code_hash FROM recovery_code WHERE used_at < _kept_until LIMIT _rows FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS _removed = ROW_COUNT;
    _most := greatest(_most, _removed);
    DELETE FROM remembered_device WHERE token_hash IN (
        SELECT token_hash FROM remembered_device WHERE expires_at <= _now LIMIT _rows FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS _removed = ROW_COUNT;
    _most := greatest(_most, _removed);
    DELETE FROM failure_counter WHERE key IN (
        SELECT key FROM failure_counter WHERE window_ends_at <= _now LIMIT _rows FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS _removed = ROW_COUNT;
    RETURN greatest(_most, _removed);
END
$$;

REVOKE ALL ON FUNCTION "remove_what_is_over"(timestamptz, timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "remove_what_is_over"(timestamptz, timestamptz, int) TO __APP_ROLE__;
