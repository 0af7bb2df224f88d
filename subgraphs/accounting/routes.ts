import type { FastifyInstance } from 'fastify';
import type { ReceiptKeys } from './persistence/receiptKeys.js';
import type { Checkpoints } from './usecases/ports.js';

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

const CHECKPOINT_AGE_SECONDS = 60;

/**
 * GET /.well-known/tollgate-checkpoints.json: the newest signed head of the journal, or null. Open to everybody: whoever
 * keeps one can prove later that history was rewritten, and nobody learns from it more than how long the journal is.
 */
export function addCheckpointRoute(app: FastifyInstance, checkpoints: Checkpoints): void {
  app.get('/.well-known/tollgate-checkpoints.json', async (_request, reply) => {
    const [newest] = await checkpoints.newest(1);
    const shown = newest === undefined ? null : { ...newest, sequence: newest.sequence.toString() };
    return reply
      .header('cache-control', `public, max-age=${CHECKPOINT_AGE_SECONDS}`)
      .type('application/json')
      .send(JSON.stringify({ checkpoint: shown }));
  });
}
