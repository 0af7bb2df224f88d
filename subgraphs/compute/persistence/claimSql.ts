/**
 * Leases waiting jobs in one statement. SKIP LOCKED lets controllers of one cluster claim at the same time without
 * waiting for each other and without getting the same job. $1 cluster, $2 maximum, $3 lease names (as many as the
 * maximum), $4 lease seconds, $5 the leases' end, $6 now.
 */
export const claimSql = `
  WITH waiting AS (
    SELECT id FROM job
    WHERE cluster_id = $1 AND status = 'PENDING' AND submission = 'READY' AND outcome IS NULL AND last_start_at > $6::timestamptz
    ORDER BY queued_at, id
    LIMIT $2::int
    FOR UPDATE SKIP LOCKED
  ), numbered AS (
    SELECT id, row_number() OVER (ORDER BY id) AS number FROM waiting
  )
  UPDATE job SET
    status = 'CLAIMED',
    lease = ($3::text[])[numbered.number],
    lease_seconds = $4::int,
    lease_expires_at = $5::timestamptz,
    fencing_token = job.fencing_token + 1,
    report_sequence = 0
  FROM numbered
  WHERE job.id = numbered.id
  RETURNING job.id`;
