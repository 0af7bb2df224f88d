-- By the mark of the row that a follower has last, it shows that it followed this feed, and not one whose database was put
-- aside for an older copy. Each row that is there gets one of its own.
ALTER TABLE "feed_row" ADD COLUMN     "mark" UUID NOT NULL DEFAULT gen_random_uuid();
