import type { FastifyInstance } from 'fastify';
import type { ReceiptKeys } from './persistence/receiptKeys.js';

/** Public keys change once a year and are only ever added. */
const MAX_AGE_SECONDS = 3_600;

/** GET /.well-known/tollgate-receipts.json: the public keys that receipts are checked with. Open to everybody. */
export function addReceiptKeysRoute(app: FastifyInstance, published: ReceiptKeys['published']): void {
  app.get('/.well-known/tollgate-receipts.json', async (_request, reply) =>
    reply
      .header('cache-control', `public, max-age=${MAX_AGE_SECONDS}`)
      .type('application/json')
      .send(JSON.stringify(published)),
  );
}
