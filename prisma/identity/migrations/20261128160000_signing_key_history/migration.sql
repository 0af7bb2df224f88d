-- AlterTable
ALTER TABLE "signing_key" ADD COLUMN     "retired_at" TIMESTAMPTZ(3);

-- When those were retired that are, the feed knows.
UPDATE "signing_key" SET "retired_at" = (
  SELECT max("recorded_at") FROM "feed_row" WHERE "kind" = 'KEY' AND "subject" = "signing_key"."kid" AND "state" = 'RETIRED'
) WHERE "state" = 'RETIRED';

-- CreateIndex
CREATE INDEX "signing_key_created_at_kid_idx" ON "signing_key"("created_at", "kid");

GRANT UPDATE ("retired_at") ON "signing_key" TO __APP_ROLE__;
