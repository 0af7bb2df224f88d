-- What versions, reviewed requests and reviews must keep to, and what the serving role may do. __APP_ROLE__ stands for
-- that role.

ALTER TABLE "offer_version"
    ADD CONSTRAINT "offer_version_version_check" CHECK ("version" > 0),
    ADD CONSTRAINT "offer_version_approval_check" CHECK ("approval" IN ('AUTOMATIC', 'PROVIDER', 'GROUP_ADMIN')),
    ADD CONSTRAINT "offer_version_price_check" CHECK ("price_micros" > 0),
    ADD CONSTRAINT "offer_version_quantity_check" CHECK (
        "minimum_quantity_micros" > 0 AND "maximum_quantity_micros" > 0
        AND "minimum_quantity_micros" <= "maximum_quantity_micros"),
    ADD CONSTRAINT "offer_version_days_check" CHECK (
        "minimum_days" > 0 AND "maximum_days" > 0 AND "minimum_days" <= "maximum_days"),
    ADD CONSTRAINT "offer_version_two_people_check" CHECK (
        "two_people_above_micros" >= 0 AND ("two_people_above_micros" IS NULL OR "approval" <> 'AUTOMATIC'));

CREATE TRIGGER "offer_version_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "offer_version"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();

ALTER TABLE "access_request"
    DROP CONSTRAINT "access_request_status_check",
    DROP CONSTRAINT "access_request_ended_check",
    ADD CONSTRAINT "access_request_status_check" CHECK ("status" IN ('SUBMITTED', 'HELD', 'IN_REVIEW', 'PROVISIONING',
        'UNDOING', 'ACTIVE', 'DENIED', 'WITHDRAWN', 'FAILED', 'EXPIRED')),
    ADD CONSTRAINT "access_request_ended_check" CHECK (
        ("status" IN ('ACTIVE', 'DENIED', 'WITHDRAWN', 'FAILED', 'EXPIRED')) = ("ended_at" IS NOT NULL)),
    ADD CONSTRAINT "access_request_approval_check" CHECK ("approval" IN ('AUTOMATIC', 'PROVIDER', 'GROUP_ADMIN')),
    ADD CONSTRAINT "access_request_decision_check" CHECK ("decision" IN ('APPROVED', 'DENIED', 'WITHDRAWN')),
    ADD CONSTRAINT "access_request_deadline_check" CHECK (("approval" = 'AUTOMATIC') = ("review_deadline" IS NULL)),
    ADD CONSTRAINT "access_request_group_check" CHECK (("group_id" IS NULL) = ("requester_role" IS NULL)),
    ADD CONSTRAINT "access_request_reviewers_check" CHECK ("approval" <> 'GROUP_ADMIN' OR "group_id" IS NOT NULL),
    ADD CONSTRAINT "access_request_amounts_check" CHECK ("quantity_micros" > 0 AND "total_micros" > 0);

ALTER TABLE "access_review"
    ADD CONSTRAINT "access_review_verdict_check" CHECK ("verdict" IN ('APPROVED', 'DENIED')),
    ADD CONSTRAINT "access_review_quantity_check" CHECK (("verdict" = 'APPROVED') = ("quantity_micros" IS NOT NULL));

CREATE TRIGGER "access_review_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "access_review"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();

-- Nobody reviews their own request: not through any bug above this table either.
CREATE FUNCTION "access_review_not_own"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM public.access_request r WHERE r.id = NEW.request_id AND r.requester_id = NEW.reviewer_id) THEN
        RAISE EXCEPTION 'nobody reviews their own request' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "access_review_of_others" BEFORE INSERT ON "access_review"
FOR EACH ROW EXECUTE FUNCTION "access_review_not_own"();

ALTER TABLE "saga_run"
    DROP CONSTRAINT "saga_run_saga_check",
    ADD CONSTRAINT "saga_run_saga_check" CHECK ("saga" IN ('requestAccess', 'reviewedAccess', 'endGrant'));

GRANT SELECT, INSERT ON "offer_version" TO __APP_ROLE__;
GRANT UPDATE ("status") ON "offer" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "access_review" TO __APP_ROLE__;
GRANT USAGE ON SEQUENCE "access_review_id_seq" TO __APP_ROLE__;
GRANT UPDATE ("payer_group_id", "quantity_micros", "total_micros", "decision", "revision", "name", "justification")
    ON "access_request" TO __APP_ROLE__;
