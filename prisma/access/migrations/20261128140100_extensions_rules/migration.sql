-- What extensions and parts must keep to, and what the serving role may do. __APP_ROLE__ stands for that role.

ALTER TABLE "offer" DROP CONSTRAINT "offer_basis_check",
    ADD CONSTRAINT "offer_basis_check" CHECK ("basis" IN ('GIB_MONTH', 'CORE_HOUR', 'GPU_HOUR', 'MEMORY_GIB_HOUR'));
ALTER TABLE "offer_version" ADD CONSTRAINT "offer_version_validity_check" CHECK ("valid_from" < "valid_until");

ALTER TABLE "grant_part"
    ADD CONSTRAINT "grant_part_amounts_check"
        CHECK ("number" > 0 AND "quantity_micros" > 0 AND "price_micros" > 0 AND "paid_micros" > 0),
    ADD CONSTRAINT "grant_part_window_check" CHECK ("starts_at" < "ends_at");
CREATE TRIGGER "grant_part_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "grant_part"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();

ALTER TABLE "grant_extension"
    ADD CONSTRAINT "grant_extension_state_check" CHECK ("state" IN ('UNDER_WAY', 'DONE', 'FAILED')),
    ADD CONSTRAINT "grant_extension_ended_check" CHECK (("state" = 'UNDER_WAY') = ("ended_at" IS NULL)),
    ADD CONSTRAINT "grant_extension_failure_check" CHECK (("state" = 'FAILED') = ("failure" IS NOT NULL)),
    ADD CONSTRAINT "grant_extension_amounts_check"
        CHECK ("added_quantity_micros" >= 0 AND "price_micros" > 0 AND "total_micros" >= 0);
-- One at a time: each is priced by what the grant had before.
CREATE UNIQUE INDEX "grant_extension_under_way_key" ON "grant_extension"("grant_id") WHERE "state" = 'UNDER_WAY';

-- One goes again only while it is under way: where its price was refused. One that has ended stays as it is.
CREATE FUNCTION "grant_extension_guard"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF OLD.state <> 'UNDER_WAY' THEN
        RAISE EXCEPTION 'an extension that has ended does not change' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "grant_extension_guarded" BEFORE UPDATE OR DELETE ON "grant_extension"
FOR EACH ROW EXECUTE FUNCTION "grant_extension_guard"();

ALTER TABLE "saga_run"
    DROP CONSTRAINT "saga_run_saga_check",
    ADD CONSTRAINT "saga_run_saga_check" CHECK ("saga" IN ('requestAccess', 'reviewedAccess', 'extendGrant', 'endGrant'));

-- Of a grant its end is written, and what extensions add.
GRANT UPDATE ("quantity_micros", "paid_micros", "ends_at", "purge") ON "access_grant" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "grant_part" TO __APP_ROLE__;
GRANT SELECT, INSERT, DELETE, UPDATE ("state", "hold_id", "invoice_id", "failure", "ended_at") ON "grant_extension" TO __APP_ROLE__;

-- A grant only grows, and by what stands in its parts alone.
CREATE FUNCTION "access_grant_guard"() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.quantity_micros < OLD.quantity_micros OR NEW.ends_at < OLD.ends_at
       OR NEW.paid_micros <> (SELECT sum(p.paid_micros) FROM public.grant_part p WHERE p.grant_id = NEW.id) THEN
        RAISE EXCEPTION 'a grant grows by what was paid for it alone' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER "access_grant_guarded" BEFORE UPDATE OF "quantity_micros", "paid_micros", "ends_at" ON "access_grant"
FOR EACH ROW EXECUTE FUNCTION "access_grant_guard"();
