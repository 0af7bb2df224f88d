-- What the serving role may do: nothing is ever deleted, logs and their calls are never changed.
GRANT SELECT, INSERT, UPDATE ON "cluster", "allocation", "job" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "ended_grant", "job_input", "job_log_call", "job_log_line" TO __APP_ROLE__;

-- Closed sets of values and what belongs together, held by the database too.
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_status_known"
    CHECK ("status" IN ('INACTIVE', 'ACTIVE', 'CLOSING', 'CLOSED'));
ALTER TABLE "allocation" ADD CONSTRAINT "allocation_window" CHECK ("starts_at" < "ends_at");
ALTER TABLE "job" ADD CONSTRAINT "job_submission_known"
    CHECK ("submission" IN ('PREPARING', 'HOLDING', 'READY', 'UNDONE'));
ALTER TABLE "job" ADD CONSTRAINT "job_ready_has_hold" CHECK ("submission" <> 'READY' OR "hold_id" IS NOT NULL);
ALTER TABLE "job" ADD CONSTRAINT "job_tokens_are_transient"
    CHECK ("submission" IN ('PREPARING', 'HOLDING') OR "sealed_tokens" IS NULL);
ALTER TABLE "job" ADD CONSTRAINT "job_outcome_known"
    CHECK ("outcome" IN ('COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT', 'NODE_FAILED'));
-- A final status is shown once the job is settled, and only the outcome that was settled.
ALTER TABLE "job" ADD CONSTRAINT "job_status_known"
    CHECK ("status" IN ('PENDING', 'CLAIMED', 'QUEUED', 'RUNNING') OR ("settled_at" IS NOT NULL AND "status" = "outcome"));
ALTER TABLE "job" ADD CONSTRAINT "job_settled_is_final" CHECK ("settled_at" IS NULL OR "status" = "outcome");
ALTER TABLE "job" ADD CONSTRAINT "job_charge_not_negative" CHECK ("charge_micros" >= 0);
