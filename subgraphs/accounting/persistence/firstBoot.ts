import type { SqlSession } from '../../../platform/database/sql.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';

/** Sees to it that the unit CREDIT, its ISSUANCE account and the REVENUE account of group `local` exist. Idempotent. */
export async function firstBoot(sql: SqlSession): Promise<void> {
  const { unit, accountIssuance, groupLocal, accountRevenueLocal } = wellKnown;
  await sql.$queryRawUnsafe(
    'SELECT first_boot($1::text, $2::text, $3::text, $4::text)::text',
    unit,
    accountIssuance,
    groupLocal,
    accountRevenueLocal,
  );
}
