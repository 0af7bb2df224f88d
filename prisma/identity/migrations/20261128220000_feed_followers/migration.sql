-- Rows are written at every question for news and worth nothing after a crash: whoever follows asks again.
CREATE UNLOGGED TABLE "feed_follower" (
    "name" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "question" TEXT NOT NULL,
    "gone_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "feed_follower_pkey" PRIMARY KEY ("name")
);

GRANT SELECT, INSERT, UPDATE, DELETE ON "feed_follower" TO __APP_ROLE__;
