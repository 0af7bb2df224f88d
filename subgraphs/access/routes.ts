import type { FastifyInstance } from 'fastify';
import { type CryptoKey, exportJWK } from 'jose';

/** GET /.well-known/tollgate-quotes.json: the public key that quotes are checked with. Open to everybody. */
export const addAccessRoutes = (app: FastifyInstance, publicKey: () => Promise<CryptoKey>): void => {
  app.get('/.well-known/tollgate-quotes.json', async (_request, reply) =>
    reply.header('cache-control', 'public, max-age=300').send({
      keys: [{ ...(await exportJWK(await publicKey())), alg: 'ES256', use: 'sig' }],
    }),
  );
};
