-- AlterTable
ALTER TABLE "service_account" ADD COLUMN     "last_used_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "service_account_secret" (
    "service_account_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),

    CONSTRAINT "service_account_secret_pkey" PRIMARY KEY ("service_account_id","number")
);

-- AddForeignKey
ALTER TABLE "service_account_secret" ADD CONSTRAINT "service_account_secret_service_account_id_fkey" FOREIGN KEY ("service_account_id") REFERENCES "service_account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The secrets that are in use stay good.
INSERT INTO "service_account_secret" ("service_account_id", "number", "secret_hash", "created_at")
SELECT "id", 1, "secret_hash", "created_at" FROM "service_account";

-- AlterTable
ALTER TABLE "service_account" DROP COLUMN "secret_hash";

GRANT SELECT, INSERT, UPDATE ("ends_at", "last_used_at") ON "service_account_secret" TO __APP_ROLE__;
GRANT UPDATE ("last_used_at") ON "service_account" TO __APP_ROLE__;
