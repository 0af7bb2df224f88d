-- What is left of a cluster's grants is paged by person: live grants by their holder, and a group's members by its id, which
-- stands before theirs in the feed's subject (persistence/sqlClusterBalances.ts).
CREATE INDEX "escrow_live_of_cluster" ON "escrow" ("cluster_id", "holder_id" COLLATE "C") WHERE "closed_at" IS NULL;
CREATE INDEX "feed_membership" ON platform.feed_projection ("subject" COLLATE "C") WHERE "kind" = 'MEMBERSHIP';
