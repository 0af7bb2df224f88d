-- Tables that every subgraph's database has, in a schema of their own. __APP_ROLE__ stands for the serving role.

GRANT USAGE ON SCHEMA "platform" TO __APP_ROLE__;

-- What was answered to an idempotency key. The row is inserted in the effect's own transaction, first: a second call
-- with the same key waits on the primary key until the first has ended.
CREATE TABLE "platform"."idempotency_key" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "operation" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "outcome" JSONB,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("scope", "key")
);
CREATE INDEX "idempotency_key_created_at_idx" ON "platform"."idempotency_key" ("created_at");
GRANT SELECT, INSERT, UPDATE ("outcome"), DELETE ON "platform"."idempotency_key" TO __APP_ROLE__;

-- Who did what to what, and how it ended. Append-only for the serving role; the trigger holds for the owner too.
CREATE TABLE "platform"."audit_entry" (
    "id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "target" TEXT,
    "outcome" TEXT NOT NULL,
    "request_id" TEXT NOT NULL,
    "client_ip" TEXT NOT NULL,
    "detail" JSONB,
    CONSTRAINT "audit_entry_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "audit_entry_actor_idx" ON "platform"."audit_entry" ("actor", "id");
CREATE INDEX "audit_entry_target_idx" ON "platform"."audit_entry" ("target", "id");
GRANT SELECT, INSERT ON "platform"."audit_entry" TO __APP_ROLE__;

CREATE FUNCTION "platform"."refuse_change"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER "audit_entry_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "platform"."audit_entry"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();

-- The projection of identity's feed: the newest state of each subject, and how far the feed was followed.
CREATE TABLE "platform"."feed_projection" (
    "kind" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "data" JSONB NOT NULL,
    "sequence" BIGINT NOT NULL,
    CONSTRAINT "feed_projection_pkey" PRIMARY KEY ("kind", "subject")
);
CREATE TABLE "platform"."feed_position" (
    "only" BOOLEAN NOT NULL DEFAULT TRUE CHECK ("only"),
    "sequence" BIGINT NOT NULL,
    CONSTRAINT "feed_position_pkey" PRIMARY KEY ("only")
);
INSERT INTO "platform"."feed_position" ("sequence") VALUES (0);
GRANT SELECT, INSERT, UPDATE, DELETE ON "platform"."feed_projection" TO __APP_ROLE__;
GRANT SELECT, UPDATE ("sequence") ON "platform"."feed_position" TO __APP_ROLE__;
