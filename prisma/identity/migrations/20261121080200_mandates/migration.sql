-- CreateTable
CREATE TABLE "mandate" (
    "id" TEXT NOT NULL,
    "issuer_id" TEXT NOT NULL,
    "account_id" TEXT NOT NULL,
    "payee_id" TEXT NOT NULL,
    "resource" TEXT NOT NULL,
    "maximum" BIGINT NOT NULL,
    "unit" TEXT NOT NULL,
    "once" BOOLEAN NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "mandate_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "mandate_issuer_id_id_idx" ON "mandate"("issuer_id", "id");

-- AddForeignKey
ALTER TABLE "mandate" ADD CONSTRAINT "mandate_issuer_id_fkey" FOREIGN KEY ("issuer_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "mandate" ADD CONSTRAINT "mandate_maximum" CHECK ("maximum" > 0);
GRANT SELECT, INSERT, UPDATE ("revoked_at") ON "mandate" TO __APP_ROLE__;
