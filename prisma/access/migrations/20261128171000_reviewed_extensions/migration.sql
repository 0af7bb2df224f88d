-- Extensions of offers that people decide on wait for them, as requests do. __APP_ROLE__ stands for the serving role.

-- What has ended does not change; what its words are called does, once.
DROP TRIGGER "grant_extension_guarded" ON "grant_extension";
ALTER TABLE "grant_extension"
    DROP CONSTRAINT "grant_extension_state_check",
    DROP CONSTRAINT "grant_extension_ended_check",
    DROP CONSTRAINT "grant_extension_failure_check";
DROP INDEX "grant_extension_under_way_key";

ALTER TABLE "grant_extension" RENAME COLUMN "state" TO "status";
ALTER TABLE "grant_extension" ALTER COLUMN "status" DROP DEFAULT,
    ADD COLUMN "justification" TEXT,
    ADD COLUMN "provider_id" TEXT,
    ADD COLUMN "group_id" TEXT,
    ADD COLUMN "requester_role" TEXT,
    ADD COLUMN "approval" TEXT NOT NULL DEFAULT 'AUTOMATIC',
    ADD COLUMN "two_people_above_micros" BIGINT,
    ADD COLUMN "review_deadline" TIMESTAMPTZ(3),
    ADD COLUMN "decision" TEXT;
UPDATE "grant_extension" AS extension SET
    "status" = CASE extension."status" WHEN 'UNDER_WAY' THEN 'PROVISIONING' WHEN 'DONE' THEN 'ACTIVE' ELSE 'FAILED' END,
    "provider_id" = offer."provider_id",
    "group_id" = CASE WHEN left(held."holder_id", 4) = 'grp_' THEN held."holder_id" END,
    "requester_role" = CASE WHEN left(held."holder_id", 4) = 'grp_' THEN 'ADMIN' END
FROM "access_grant" AS held JOIN "offer" ON offer."id" = held."offer_id" WHERE held."id" = extension."grant_id";
ALTER TABLE "grant_extension" ALTER COLUMN "provider_id" SET NOT NULL, ALTER COLUMN "approval" DROP DEFAULT;

-- The words are those of requests (domain/requestStates.ts).
ALTER TABLE "grant_extension"
    ADD CONSTRAINT "grant_extension_status_check" CHECK ("status" IN ('SUBMITTED', 'HELD', 'IN_REVIEW', 'PROVISIONING',
        'UNDOING', 'ACTIVE', 'DENIED', 'WITHDRAWN', 'FAILED', 'EXPIRED')),
    ADD CONSTRAINT "grant_extension_ended_check" CHECK (
        ("status" IN ('ACTIVE', 'DENIED', 'WITHDRAWN', 'FAILED', 'EXPIRED')) = ("ended_at" IS NOT NULL)),
    ADD CONSTRAINT "grant_extension_failure_check" CHECK (("status" = 'FAILED') = ("failure" IS NOT NULL)),
    ADD CONSTRAINT "grant_extension_approval_check" CHECK ("approval" IN ('AUTOMATIC', 'PROVIDER', 'GROUP_ADMIN')),
    ADD CONSTRAINT "grant_extension_decision_check" CHECK ("decision" IN ('APPROVED', 'DENIED', 'WITHDRAWN')),
    ADD CONSTRAINT "grant_extension_deadline_check" CHECK (("approval" = 'AUTOMATIC') = ("review_deadline" IS NULL)),
    ADD CONSTRAINT "grant_extension_group_check" CHECK (("group_id" IS NULL) = ("requester_role" IS NULL)),
    ADD CONSTRAINT "grant_extension_reviewers_check" CHECK ("approval" <> 'GROUP_ADMIN' OR "group_id" IS NOT NULL);
CREATE UNIQUE INDEX "grant_extension_under_way_key" ON "grant_extension"("grant_id") WHERE "ended_at" IS NULL;
CREATE INDEX "grant_extension_requester_id_id_idx" ON "grant_extension"("requester_id", "id");
CREATE INDEX "grant_extension_provider_id_id_idx" ON "grant_extension"("provider_id", "id");
CREATE INDEX "grant_extension_group_id_id_idx" ON "grant_extension"("group_id", "id");

CREATE OR REPLACE FUNCTION "grant_extension_guard"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'an extension that has ended does not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "grant_extension_guarded" BEFORE UPDATE OR DELETE ON "grant_extension"
FOR EACH ROW EXECUTE FUNCTION "grant_extension_guard"();

-- CreateTable
CREATE TABLE "extension_review" (
    "id" BIGSERIAL NOT NULL,
    "extension_id" TEXT NOT NULL,
    "reviewer_id" TEXT NOT NULL,
    "verdict" TEXT NOT NULL,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "extension_review_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "extension_review_verdict_check" CHECK ("verdict" IN ('APPROVED', 'DENIED'))
);
CREATE UNIQUE INDEX "extension_review_extension_id_reviewer_id_verdict_key" ON "extension_review"("extension_id", "reviewer_id", "verdict");
ALTER TABLE "extension_review" ADD CONSTRAINT "extension_review_extension_id_fkey" FOREIGN KEY ("extension_id") REFERENCES "grant_extension"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE TRIGGER "extension_review_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "extension_review"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();

-- Nobody reviews their own extension: not through any bug above this table either.
CREATE FUNCTION "extension_review_not_own"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.grant_extension e WHERE e.id = NEW.extension_id AND e.requester_id = NEW.reviewer_id) THEN
        RAISE EXCEPTION 'nobody reviews their own extension' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "extension_review_of_others" BEFORE INSERT ON "extension_review"
FOR EACH ROW EXECUTE FUNCTION "extension_review_not_own"();

ALTER TABLE "saga_run"
    DROP CONSTRAINT "saga_run_saga_check",
    ADD CONSTRAINT "saga_run_saga_check"
        CHECK ("saga" IN ('requestAccess', 'reviewedAccess', 'extendGrant', 'reviewedExtension', 'endGrant'));

GRANT UPDATE ("status", "decision") ON "grant_extension" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "extension_review" TO __APP_ROLE__;
GRANT USAGE ON SEQUENCE "extension_review_id_seq" TO __APP_ROLE__;
