-- AlterTable
ALTER TABLE "device_login" ADD COLUMN     "approved_until" TIMESTAMPTZ(3);

GRANT UPDATE ("approved_until") ON "device_login" TO __APP_ROLE__;
