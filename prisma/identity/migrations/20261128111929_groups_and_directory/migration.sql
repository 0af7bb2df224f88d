-- CreateEnum
CREATE TYPE "DisabledBy" AS ENUM ('OPERATOR', 'DIRECTORY');

-- CreateEnum
CREATE TYPE "MembershipSource" AS ENUM ('LOCAL', 'DIRECTORY');

-- AlterEnum
ALTER TYPE "SessionEnd" ADD VALUE 'USER_DISABLED';

-- AlterTable
ALTER TABLE "group" ADD COLUMN     "archived_at" TIMESTAMPTZ(3),
ADD COLUMN     "directory_name" TEXT;

-- AlterTable
ALTER TABLE "group_member" ADD COLUMN     "source" "MembershipSource" NOT NULL DEFAULT 'LOCAL';

-- AlterTable
ALTER TABLE "user" ADD COLUMN     "directory_id" TEXT,
ADD COLUMN     "disabled_by" "DisabledBy";

-- CreateTable
CREATE TABLE "group_invitation" (
    "group_id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "role" "GroupRole" NOT NULL,
    "inviter_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "group_invitation_pkey" PRIMARY KEY ("group_id","user_id")
);

-- CreateIndex
CREATE INDEX "group_invitation_user_id_group_id_idx" ON "group_invitation"("user_id", "group_id");

-- CreateIndex
CREATE INDEX "group_invitation_inviter_id_idx" ON "group_invitation"("inviter_id");

-- CreateIndex
CREATE UNIQUE INDEX "group_directory_name_key" ON "group"("directory_name");

-- CreateIndex
CREATE UNIQUE INDEX "user_directory_id_key" ON "user"("directory_id");

-- AddForeignKey
ALTER TABLE "group_invitation" ADD CONSTRAINT "group_invitation_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_invitation" ADD CONSTRAINT "group_invitation_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "group_invitation" ADD CONSTRAINT "group_invitation_inviter_id_fkey" FOREIGN KEY ("inviter_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What the serving role may do: no more than the use cases need.
GRANT UPDATE ("operator", "disabled_by", "directory_id") ON "user" TO __APP_ROLE__;
GRANT UPDATE ("name", "archived_at") ON "group" TO __APP_ROLE__;
GRANT UPDATE ("source") ON "group_member" TO __APP_ROLE__;
GRANT SELECT, INSERT, UPDATE, DELETE ON "group_invitation" TO __APP_ROLE__;
