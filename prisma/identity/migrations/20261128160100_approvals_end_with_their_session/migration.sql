-- AlterTable
ALTER TABLE "device_login" ADD COLUMN     "approved_by" TEXT;

GRANT UPDATE ("approved_by") ON "device_login" TO __APP_ROLE__;
