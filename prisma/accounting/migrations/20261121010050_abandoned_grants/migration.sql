-- CreateTable
CREATE TABLE "abandoned_grant" (
    "grant_id" TEXT NOT NULL,
    "abandoned_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "abandoned_grant_pkey" PRIMARY KEY ("grant_id")
);
