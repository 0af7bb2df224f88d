import type { PrismaClient } from '../generated/prisma/client.js';

/** Tells the ISSUANCE account of a unit; it never changes, so it is asked for once. */
export function makeIssuanceLookup(prisma: PrismaClient): (unit: string) => Promise<string | null> {
  const known = new Map<string, string>();
  return async (unit) => {
    const cached = known.get(unit);
    if (cached !== undefined) return cached;
    const row = await prisma.unit.findUnique({ where: { name: unit } });
    if (row === null) return null;
    known.set(unit, row.issuanceAccountId);
    return row.issuanceAccountId;
  };
}
