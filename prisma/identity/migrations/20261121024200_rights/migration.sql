-- What the serving role may do: no more than the use cases need. __APP_ROLE__ stands for it.

GRANT SELECT, INSERT ON "user" TO __APP_ROLE__;
GRANT UPDATE ("username", "email", "display_name", "status", "password_hash", "totp_secret", "totp_last_step")
    ON "user" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE ("confirmed_at") ON "enrolment" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE ("used_at") ON "recovery_code" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE ("last_used_at", "expires_at", "ended_at", "end_reason") ON "session" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE ("used_at") ON "refresh_token" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "group" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "group_member" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE ("secret_hash") ON "service_account" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "signing_key" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE, DELETE ON "failure_counter" TO __APP_ROLE__;

-- The feed is append-only: what a service has read stays true. The trigger holds for the owner too.
INSERT INTO "feed_head" ("sequence") VALUES (0);
GRANT SELECT, UPDATE ("sequence") ON "feed_head" TO __APP_ROLE__;
GRANT SELECT, INSERT ON "feed_row" TO __APP_ROLE__;
CREATE TRIGGER "feed_row_append_only"
BEFORE UPDATE OR DELETE OR TRUNCATE ON "feed_row"
FOR EACH STATEMENT EXECUTE FUNCTION "platform"."refuse_change"();
