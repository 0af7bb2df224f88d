-- Until now every access token lived for ten minutes at most.
ALTER TABLE "signing_key" ADD COLUMN "token_lifetime_seconds" INTEGER NOT NULL DEFAULT 600;
ALTER TABLE "signing_key" ALTER COLUMN "token_lifetime_seconds" DROP DEFAULT;
GRANT UPDATE ("token_lifetime_seconds") ON "signing_key" TO __APP_ROLE__;
