-- All that a right log-in writes, in one statement and one commit: false, and nothing is written, where anything speaks
-- against it. What that was is found out, counted and audited by the steps that this one puts together
-- (subgraphs/identity/usecases/logIn.ts), which take the same locks in the same order. With the caller's rights.
CREATE FUNCTION "open_log_in"(
    _now timestamptz,
    _queue text, _counted text[], _max int[],
    _user_id text, _password_hash text, _totp_secret bytea,
    _totp_step int, _code_hash bytea,
    _forgotten text[], _known text, _known_until timestamptz,
    _session_id text, _expires_at timestamptz, _absolute_expires_at timestamptz, _ip_address text, _user_agent text,
    _refresh_hash bytea,
    _device_hash bytea, _device_until timestamptz, _device_is_known boolean,
    _audit_id text, _request_id text, _detail jsonb)
RETURNS boolean
-- Each statement finds its rows by their key, whatever the values: they are planned once for a connection.
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    -- One attempt on a name after the other: each statement from here on sees what those before did.
    PERFORM pg_advisory_xact_lock(hashtextextended('attempt ' || _queue, 0));
    IF EXISTS (
        SELECT 1 FROM unnest(_counted, _max) AS bound(key, failures)
        JOIN failure_counter AS counter ON counter.key = bound.key
        WHERE counter.window_ends_at > _now AND counter.failures >= bound.failures) THEN
        RETURN false;
    END IF;
    PERFORM 1 FROM "user"
    WHERE id = _user_id AND status = 'ACTIVE'
        AND password_hash IS NOT DISTINCT FROM _password_hash AND totp_secret IS NOT DISTINCT FROM _totp_secret
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF _device_is_known AND NOT EXISTS (
        SELECT 1 FROM remembered_device
        WHERE token_hash = _device_hash AND user_id = _user_id AND expires_at > _now) THEN
        RETURN false;
    END IF;
    IF _totp_step IS NOT NULL THEN
        UPDATE "user" SET totp_last_step = _totp_step
        WHERE id = _user_id AND (totp_last_step IS NULL OR totp_last_step < _totp_step);
    ELSE
        UPDATE recovery_code SET used_at = _now
        WHERE code_hash = _code_hash AND user_id = _user_id AND used_at IS NULL;
    END IF;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM failure_counter WHERE key = ANY (_forgotten);
    INSERT INTO failure_counter (key, failures, window_ends_at) VALUES (_known, 0, _known_until)
    ON CONFLICT (key) DO UPDATE SET window_ends_at = _known_until;
    INSERT INTO session (id, user_id, created_at, last_used_at, expires_at, absolute_expires_at, ip_address, user_agent)
    VALUES (_session_id, _user_id, _now, _now, _expires_at, _absolute_expires_at, _ip_address, _user_agent);
    INSERT INTO refresh_token (token_hash, session_id, created_at) VALUES (_refresh_hash, _session_id, _now);
    -- The person's lock keeps a device that was there from being forgotten meanwhile.
    IF _device_is_known THEN
        UPDATE remembered_device SET expires_at = _device_until WHERE token_hash = _device_hash;
    ELSIF _device_hash IS NOT NULL THEN
        INSERT INTO remembered_device (token_hash, user_id, created_at, expires_at)
        VALUES (_device_hash, _user_id, _now, _device_until);
    END IF;
    INSERT INTO platform.audit_entry (id, actor, action, target, outcome, request_id, client_ip, detail)
    VALUES (_audit_id, _user_id, 'logIn', _user_id, 'OK', _request_id, _ip_address, _detail);
    RETURN true;
END
$$;
