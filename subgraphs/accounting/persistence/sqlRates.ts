import { type RateCard, rateBases } from '../domain/rates.js';
import type { PrismaClient, Rate as RateRow } from '../generated/prisma/client.js';
import type { RateCards } from '../usecases/ports/usage.js';
import { byKey, plausible } from './found.js';
import { callFunction, repeatedly } from './sqlLedger.js';
import { toResult } from './verdict.js';

/** The prices of clusters in PostgreSQL. */
export function makeSqlRates(prisma: PrismaClient): RateCards {
  return {
    async publish(call, card) {
      const publish = (input: object, ...refusal: [] | [Parameters<typeof callFunction>[4]]) =>
        repeatedly(() => callFunction(prisma, 'publish_rates', call, input, refusal[0]));
      if (!card.ok) return toResult(await publish({}, card.refusal));
      const { prices, ...rest } = card.value;
      const rates = [...prices].map(([resource, price]) => ({
        resource,
        coreHour: price.CORE_HOUR.toString(),
        gpuHour: price.GPU_HOUR.toString(),
        memoryGibHour: price.MEMORY_GIB_HOUR.toString(),
        storageGibMonth: price.STORAGE_GIB_MONTH.toString(),
      }));
      return toResult(await publish({ ...rest, rates }));
    },
    async byIds(ids) {
      const rows = await prisma.rateCard.findMany({
        where: { id: { in: plausible('rateCard', ids) } },
        include: { rates: { orderBy: { resource: 'asc' } } },
      });
      const cards = rows.map(
        ({ id, clusterId, validFrom, payeeId, unit, rates }): RateCard => ({
          id,
          clusterId,
          validFrom,
          payeeId,
          rates: rates.flatMap((rate) => toRates(rate, unit)),
        }),
      );
      return byKey(cards, ({ id }) => id);
    },
    async inForce(clusterId, at) {
      const [row] = await prisma.$queryRawUnsafe<{ id: string }[]>(
        `SELECT c.id FROM rate_card c
         WHERE c.cluster_id = $1::text AND c.valid_from <= coalesce($2::text::timestamptz, clock_timestamp())
         ORDER BY c.valid_from DESC LIMIT 1`,
        clusterId,
        at === null ? null : at.toISOString(),
      );
      return row?.id ?? null;
    },
  };
}

/** The prices of a row, without those that ask nothing. */
function toRates(row: RateRow, unit: string): RateCard['rates'] {
  const micros = {
    CORE_HOUR: row.coreHour,
    GPU_HOUR: row.gpuHour,
    MEMORY_GIB_HOUR: row.memoryGibHour,
    STORAGE_GIB_MONTH: row.storageGibMonth,
  };
  return rateBases
    .filter((per) => micros[per] > 0n)
    .map((per) => ({ resource: row.resource, per, price: { micros: micros[per], unit } }));
}
