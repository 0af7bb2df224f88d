-- What a service keeps of identity's feed is always that feed up to the row that feed_position names by sequence and mark. So
-- a feed that went back, since identity's database is an older copy, is told from the one that was followed.
ALTER TABLE "platform"."feed_position" ADD COLUMN "mark" UUID, ADD COLUMN "lost_at" TIMESTAMPTZ(3);
-- Rows of before had no marks: they are read once more, while what is known of them stays.
UPDATE "platform"."feed_position" SET "sequence" = 0;
ALTER TABLE "platform"."feed_position" ADD CONSTRAINT "feed_position_mark_check" CHECK (("sequence" = 0) = ("mark" IS NULL));
GRANT UPDATE ("mark", "lost_at") ON "platform"."feed_position" TO __APP_ROLE__;

-- Takes a page of rows in that come after a row. False where what is kept has not that row, or has another history behind it:
-- a page of a feed that another replica has put aside meanwhile changes nothing.
CREATE FUNCTION "platform"."apply_feed"(after_sequence BIGINT, after_mark UUID, page JSONB) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    kept platform.feed_position%ROWTYPE;
    newest BIGINT := (page->-1->>'sequence')::bigint;
BEGIN
    SELECT * INTO STRICT kept FROM platform.feed_position FOR UPDATE;
    IF kept.sequence < after_sequence THEN RETURN false; END IF;
    -- Another replica is further; whether on the same feed, the pages that reach its row will tell.
    IF kept.sequence > newest THEN RETURN true; END IF;
    IF kept.mark IS DISTINCT FROM (
        CASE WHEN kept.sequence = after_sequence THEN after_mark
             ELSE (SELECT (r->>'mark')::uuid FROM jsonb_array_elements(page) r WHERE (r->>'sequence')::bigint = kept.sequence) END
    ) THEN RETURN false; END IF;
    -- Of several rows for one subject only the newest counts, and ON CONFLICT takes each subject once.
    INSERT INTO platform.feed_projection AS known ("kind", "subject", "state", "data", "sequence")
    SELECT DISTINCT ON (kind, subject) kind, subject, state, data, sequence
    FROM jsonb_to_recordset(page) AS r(kind text, subject text, state text, data jsonb, sequence bigint)
    ORDER BY kind, subject, sequence DESC
    ON CONFLICT ("kind", "subject") DO UPDATE
    SET "state" = excluded."state", "data" = excluded."data", "sequence" = excluded."sequence"
    WHERE known."sequence" < excluded."sequence";
    UPDATE platform.feed_position SET "sequence" = newest, "mark" = (page->-1->>'mark')::uuid;
    RETURN true;
END $$;

-- Puts another feed in the place of the one that is kept, whole, noting when that was found to be lost. False, and nothing is
-- done, where what is kept is not (any more) the feed up to the row that is named: another replica was first.
CREATE FUNCTION "platform"."replace_feed"(
    kept_sequence BIGINT, kept_mark UUID, new_sequence BIGINT, new_mark UUID, states JSON, noticed_at TIMESTAMPTZ
) RETURNS BOOLEAN
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    PERFORM FROM platform.feed_position p
    WHERE p."sequence" = kept_sequence AND p."mark" IS NOT DISTINCT FROM kept_mark FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM platform.feed_projection;
    INSERT INTO platform.feed_projection ("kind", "subject", "state", "data", "sequence")
    SELECT kind, subject, state, data, sequence
    FROM json_to_recordset(states) AS r(kind text, subject text, state text, data jsonb, sequence bigint);
    UPDATE platform.feed_position
    SET "sequence" = new_sequence, "mark" = new_mark, "lost_at" = greatest("lost_at", noticed_at);
    RETURN true;
END $$;

REVOKE ALL ON FUNCTION "platform"."apply_feed", "platform"."replace_feed" FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "platform"."apply_feed", "platform"."replace_feed" TO __APP_ROLE__;
