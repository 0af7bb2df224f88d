-- What the rows must keep to, and what the serving role may do. __APP_ROLE__ stands for that role.

ALTER TABLE "offer"
    ADD CONSTRAINT "offer_kind_check" CHECK ("kind" IN ('STORAGE', 'COMPUTE')),
    ADD CONSTRAINT "offer_status_check" CHECK ("status" IN ('ACTIVE', 'RETIRED')),
    ADD CONSTRAINT "offer_basis_check" CHECK ("basis" IN ('GIB_MONTH', 'CORE_HOUR', 'GPU_HOUR')),
    ADD CONSTRAINT "offer_approval_check" CHECK ("approval" IN ('AUTOMATIC', 'PROVIDER', 'GROUP_ADMIN')),
    ADD CONSTRAINT "offer_price_check" CHECK ("price_micros" > 0),
    ADD CONSTRAINT "offer_maximum_check" CHECK ("maximum_quantity_micros" > 0),
    ADD CONSTRAINT "offer_resource_check" CHECK (("kind" = 'COMPUTE') = ("resource_id" IS NOT NULL));

ALTER TABLE "quote"
    ADD CONSTRAINT "quote_amounts_check" CHECK ("quantity_micros" > 0 AND "price_micros" > 0 AND "total_micros" > 0),
    ADD CONSTRAINT "quote_window_check" CHECK ("starts_at" < "ends_at");

ALTER TABLE "access_request"
    ADD CONSTRAINT "access_request_status_check"
        CHECK ("status" IN ('SUBMITTED', 'PROVISIONING', 'UNDOING', 'ACTIVE', 'FAILED')),
    ADD CONSTRAINT "access_request_ended_check" CHECK (("status" IN ('ACTIVE', 'FAILED')) = ("ended_at" IS NOT NULL)),
    ADD CONSTRAINT "access_request_failure_check" CHECK (("status" = 'FAILED') = ("failure" IS NOT NULL)),
    ADD CONSTRAINT "access_request_visible_check" CHECK ("visible" OR "status" = 'SUBMITTED');

ALTER TABLE "access_grant"
    ADD CONSTRAINT "access_grant_state_check" CHECK ("state" IN ('OPEN', 'ENDING', 'ENDED')),
    ADD CONSTRAINT "access_grant_ended_check" CHECK (("state" = 'OPEN') = ("ended_at" IS NULL)),
    ADD CONSTRAINT "access_grant_settled_check" CHECK (("state" = 'ENDED') = ("settled_at" IS NOT NULL)),
    ADD CONSTRAINT "access_grant_amounts_check"
        CHECK ("quantity_micros" > 0 AND "price_micros" > 0 AND "paid_micros" > 0),
    ADD CONSTRAINT "access_grant_window_check" CHECK ("starts_at" < "ends_at");

ALTER TABLE "saga_run"
    ADD CONSTRAINT "saga_run_saga_check" CHECK ("saga" IN ('requestAccess', 'endGrant')),
    ADD CONSTRAINT "saga_run_direction_check" CHECK ("direction" IN ('FORWARD', 'UNDOING')),
    ADD CONSTRAINT "saga_run_failure_check" CHECK (("direction" = 'UNDOING') = ("failure" IS NOT NULL));

-- The timeline is append-only, for the owner too.
CREATE TRIGGER "access_request_event_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "access_request_event"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();

-- A request goes again only while nobody has seen it: where its price was refused. A final status stays.
CREATE FUNCTION "access_request_guard"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.visible THEN
        RAISE EXCEPTION 'a request that was seen is kept' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'a request that has ended does not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "access_request_guarded" BEFORE UPDATE OR DELETE ON "access_request"
FOR EACH ROW EXECUTE FUNCTION "access_request_guard"();

-- Prices and grants are facts: of a grant only its end is written, of a quote nothing.
GRANT SELECT, INSERT ON "offer" TO __APP_ROLE__;
GRANT SELECT, INSERT, DELETE ON "quote" TO __APP_ROLE__;
GRANT SELECT, INSERT, DELETE,
    UPDATE ("status", "visible", "escrow_account_id", "hold_id", "invoice_id", "captured", "failure", "ended_at")
    ON "access_request" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "access_request_event" TO __APP_ROLE__;
GRANT USAGE ON SEQUENCE "access_request_event_id_seq" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE ("state", "ended_at", "wait_for_jobs", "refund_transfer_id", "settled_at")
    ON "access_grant" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE, DELETE ON "saga_run" TO __APP_ROLE__;
