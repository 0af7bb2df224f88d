-- CreateTable
CREATE TABLE "personal_access_key" (
    "id" TEXT NOT NULL,
    "user_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "secret_hash" BYTEA NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "personal_access_key_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "personal_access_key_secret_hash_key" ON "personal_access_key"("secret_hash");

-- CreateIndex
CREATE INDEX "personal_access_key_user_id_id_idx" ON "personal_access_key"("user_id", "id");

-- AddForeignKey
ALTER TABLE "personal_access_key" ADD CONSTRAINT "personal_access_key_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

GRANT SELECT, INSERT, UPDATE ("last_used_at", "revoked_at") ON "personal_access_key" TO __APP_ROLE__;
