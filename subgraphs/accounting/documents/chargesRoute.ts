import type { FastifyInstance } from 'fastify';
import { badUserInput } from '../../../platform/kernel/faults.js';
import { type ChargeDimension, chargeDimensions } from '../domain/charge.js';
import { csvOfHeading, csvOfTotals } from '../domain/chargeCsv.js';
import { addDocumentRoute, type ContextOf } from './addDocumentRoute.js';
import { textOf, timeOf } from './queryValues.js';

const LINES_AT_ONCE = 1_000;

/**
 * GET /reports/charges.csv?by=USER,DAY&from=&to=&groupId= ...: Query.charges as CSV, with the same rights. What is in it is of
 * one moment, whatever is posted while it is sent; from when on, its name says.
 */
export function addChargesRoute(app: FastifyInstance, contextOf: ContextOf): void {
  addDocumentRoute(app, '/reports/charges.csv', contextOf, async ({ viewer, usecases }, request) => {
    const query = request.query as Readonly<Record<string, unknown>>;
    const by = dimensionsOf(textOf('by', query['by']));
    const text = (name: string) => textOf(name, query[name]);
    const filter = {
      userId: text('userId'),
      groupId: text('groupId'),
      accountId: text('accountId'),
      providerId: text('providerId'),
      grantId: text('grantId'),
      offerId: text('offerId'),
      clusterId: text('clusterId'),
      from: timeOf('from', query['from']),
      to: timeOf('to', query['to']),
    };
    const { from, totals } = await usecases.exportCharges(viewer, { by, filter });
    return {
      fileName: `charges-from-${from.toISOString().slice(0, 'YYYY-MM-DD'.length)}.csv`,
      contentType: 'text/csv; charset=utf-8; header=present',
      pieces: (async function* () {
        yield csvOfHeading(by);
        for (let at = 0; at < totals.length; at += LINES_AT_ONCE) {
          yield csvOfTotals(by, totals.slice(at, at + LINES_AT_ONCE));
        }
      })(),
    };
  });
}

function dimensionsOf(text: string | null): readonly ChargeDimension[] {
  return (text ?? '').split(',').map((word) => {
    const dimension = chargeDimensions.find((one) => one === word);
    if (dimension === undefined)
      throw badUserInput(`by is a list of ${chargeDimensions.join(', ')}, with commas between.`);
    return dimension;
  });
}
