-- CreateTable
CREATE TABLE "key_encryption_key" (
    "key_id" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_encryption_key_pkey" PRIMARY KEY ("key_id")
);

GRANT SELECT, INSERT ON "key_encryption_key" TO __APP_ROLE__;
GRANT UPDATE ("totp_secret") ON "enrolment" TO __APP_ROLE__;

-- A request may seal a value before a rotation and write it after: what a retired key sealed nobody could open again, so
-- it is not taken. The column is the trigger's argument.
CREATE FUNCTION "refuse_retired_seal"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    sealed BYTEA := decode(substring(to_jsonb(NEW) ->> TG_ARGV[0] FROM 3), 'hex');
BEGIN
    IF EXISTS (
        SELECT 1 FROM key_encryption_key
        WHERE retired_at IS NOT NULL AND '\x02'::bytea || key_id = substring(sealed FROM 1 FOR 9)
    ) THEN
        RAISE EXCEPTION 'sealed with a key that is retired' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "user_seal" BEFORE INSERT OR UPDATE OF "totp_secret" ON "user"
FOR EACH ROW WHEN (NEW.totp_secret IS NOT NULL) EXECUTE FUNCTION "refuse_retired_seal"('totp_secret');
CREATE TRIGGER "enrolment_seal" BEFORE INSERT OR UPDATE OF "totp_secret" ON "enrolment"
FOR EACH ROW EXECUTE FUNCTION "refuse_retired_seal"('totp_secret');
CREATE TRIGGER "signing_key_seal" BEFORE INSERT OR UPDATE OF "private_jwk" ON "signing_key"
FOR EACH ROW WHEN (NEW.private_jwk IS NOT NULL) EXECUTE FUNCTION "refuse_retired_seal"('private_jwk');

-- Retires keys, unless a value of theirs, or one from before values named their key, still stands. The locks wait for
-- whoever is writing and hold others up until the commit, so that no value slips in between the look and the mark.
CREATE FUNCTION "retire_key_encryption_keys"(ids BYTEA[], at TIMESTAMPTZ) RETURNS BOOLEAN
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    LOCK TABLE "user", enrolment, signing_key IN SHARE ROW EXCLUSIVE MODE;
    IF EXISTS (
        SELECT 1
        FROM (
            SELECT totp_secret AS sealed FROM "user"
            UNION ALL SELECT totp_secret FROM enrolment
            UNION ALL SELECT private_jwk FROM signing_key
        ) AS value
        WHERE get_byte(sealed, 0) = 1 OR substring(sealed FROM 2 FOR 8) = ANY (ids)
    ) THEN
        RETURN FALSE;
    END IF;
    INSERT INTO key_encryption_key (key_id, created_at, retired_at)
    SELECT id, at, at FROM unnest(ids) AS id
    ON CONFLICT (key_id) DO UPDATE SET retired_at = excluded.retired_at;
    RETURN TRUE;
END $$;
REVOKE ALL ON FUNCTION "retire_key_encryption_keys"(BYTEA[], TIMESTAMPTZ) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "retire_key_encryption_keys"(BYTEA[], TIMESTAMPTZ) TO __APP_ROLE__;
