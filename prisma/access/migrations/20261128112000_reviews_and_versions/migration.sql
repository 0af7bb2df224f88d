-- DropForeignKey
ALTER TABLE "quote" DROP CONSTRAINT "quote_offer_id_fkey";

-- CreateTable
CREATE TABLE "offer_version" (
    "offer_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "price_micros" BIGINT NOT NULL,
    "approval" TEXT NOT NULL,
    "minimum_quantity_micros" BIGINT,
    "maximum_quantity_micros" BIGINT,
    "minimum_days" INTEGER,
    "maximum_days" INTEGER,
    "two_people_above_micros" BIGINT,
    "visible_to" TEXT[],
    "published_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "published_by" TEXT NOT NULL,

    CONSTRAINT "offer_version_pkey" PRIMARY KEY ("offer_id","version")
);

-- The terms of the offers there are become their first versions.
INSERT INTO "offer_version" ("offer_id", "version", "price_micros", "approval", "maximum_quantity_micros", "visible_to",
    "published_at", "published_by")
SELECT "id", 1, "price_micros", "approval", "maximum_quantity_micros", '{}', "created_at", 'service:access' FROM "offer";

-- AlterTable
ALTER TABLE "offer" DROP COLUMN "approval",
DROP COLUMN "maximum_quantity_micros",
DROP COLUMN "price_micros";

-- AlterTable
ALTER TABLE "quote" ADD COLUMN     "offer_version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "quote" ALTER COLUMN "offer_version" DROP DEFAULT;

-- AlterTable
ALTER TABLE "access_request" ADD COLUMN     "approval" TEXT NOT NULL DEFAULT 'AUTOMATIC',
ADD COLUMN     "decision" TEXT,
ADD COLUMN     "group_id" TEXT,
ADD COLUMN     "payer_group_id" TEXT,
ADD COLUMN     "provider_id" TEXT,
ADD COLUMN     "quantity_micros" BIGINT,
ADD COLUMN     "requester_role" TEXT,
ADD COLUMN     "review_deadline" TIMESTAMPTZ(3),
ADD COLUMN     "revision" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "total_micros" BIGINT,
ADD COLUMN     "two_people_above_micros" BIGINT,
ADD COLUMN     "unit" TEXT;
ALTER TABLE "access_request" ALTER COLUMN "approval" DROP DEFAULT;

-- What the requests there are were asked for; those that have ended are guarded against every change but this one.
ALTER TABLE "access_request" DISABLE TRIGGER "access_request_guarded";
UPDATE "access_request" AS r
SET "provider_id" = o."provider_id", "quantity_micros" = q."quantity_micros", "total_micros" = q."total_micros", "unit" = q."unit"
FROM "quote" AS q JOIN "offer" AS o ON o."id" = q."offer_id" WHERE q."id" = r."quote_id";
ALTER TABLE "access_request" ENABLE TRIGGER "access_request_guarded";
ALTER TABLE "access_request" ALTER COLUMN "provider_id" SET NOT NULL,
ALTER COLUMN "quantity_micros" SET NOT NULL,
ALTER COLUMN "total_micros" SET NOT NULL,
ALTER COLUMN "unit" SET NOT NULL;

-- CreateTable
CREATE TABLE "access_review" (
    "id" BIGSERIAL NOT NULL,
    "request_id" TEXT NOT NULL,
    "reviewer_id" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "verdict" TEXT NOT NULL,
    "quantity_micros" BIGINT,
    "reason" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "access_review_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "access_review_request_id_revision_reviewer_id_verdict_key" ON "access_review"("request_id", "revision", "reviewer_id", "verdict");

-- CreateIndex
CREATE INDEX "access_request_provider_id_id_idx" ON "access_request"("provider_id", "id");

-- CreateIndex
CREATE INDEX "access_request_group_id_id_idx" ON "access_request"("group_id", "id");

-- AddForeignKey
ALTER TABLE "offer_version" ADD CONSTRAINT "offer_version_offer_id_fkey" FOREIGN KEY ("offer_id") REFERENCES "offer"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "quote" ADD CONSTRAINT "quote_offer_id_offer_version_fkey" FOREIGN KEY ("offer_id", "offer_version") REFERENCES "offer_version"("offer_id", "version") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "access_review" ADD CONSTRAINT "access_review_request_id_fkey" FOREIGN KEY ("request_id") REFERENCES "access_request"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
