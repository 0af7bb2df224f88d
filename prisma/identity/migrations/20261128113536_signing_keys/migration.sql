-- AlterEnum
ALTER TYPE "SigningKeyState" ADD VALUE 'MANDATES';

-- AlterTable
ALTER TABLE "signing_key" ADD COLUMN     "mandates_until" TIMESTAMPTZ(3),
ADD COLUMN     "signs_from" TIMESTAMPTZ(3),
ALTER COLUMN "private_jwk" DROP NOT NULL;

-- A key that was there before signed from when it was made.
UPDATE "signing_key" SET "signs_from" = "created_at";
ALTER TABLE "signing_key" ALTER COLUMN "signs_from" SET NOT NULL;

GRANT UPDATE ("state", "private_jwk", "mandates_until") ON "signing_key" TO __APP_ROLE__;
