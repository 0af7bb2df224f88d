-- Memberships change from now on: what the serving role may do for it.
GRANT UPDATE ("role"), DELETE ON "group_member" TO __APP_ROLE__;

-- The feed tells of memberships, those from before included. The head's lock puts the rows in order with all others.
WITH known AS (
    SELECT group_id || '/' || user_id AS subject, role::text AS state,
           row_number() OVER (ORDER BY group_id, user_id) AS position, count(*) OVER () AS rows
    FROM "group_member"
), head AS (
    UPDATE "feed_head" SET "sequence" = "sequence" + (SELECT count(*) FROM "group_member") RETURNING "sequence"
)
INSERT INTO "feed_row" ("sequence", "kind", "subject", "state", "data", "recorded_at")
SELECT head.sequence - known.rows + known.position, 'MEMBERSHIP', known.subject, known.state, '{}', clock_timestamp()
FROM head, known;
