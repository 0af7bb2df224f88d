import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { badUserInput, Fault, type FaultCode, limitExceeded } from '../platform/kernel/faults.js';
import { wellKnown } from '../platform/kernel/wellKnown.js';
import { documentStatusOf, faultBody } from '../platform/server/errors.js';
import { type OodBalances, type OodLine, oodBalances } from './oodBalances.js';

/** Lines of one file: a hundred pages of the graph. */
const PAGES_MAX = 100;

const BALANCES = `query OodBalances($clusterId: ID!, $unit: String!, $after: String) {
  clusterBalances(clusterId: $clusterId, unit: $unit, first: 100, after: $after) {
    nodes { user { username } group { name } remaining { amount } }
    pageInfo { hasNextPage endCursor }
  }
}`;

const answerOf = z.object({
  errors: z.array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }) })).optional(),
  data: z
    .object({
      clusterBalances: z.object({
        nodes: z.array(
          z.object({
            user: z.object({ username: z.string() }),
            group: z.object({ name: z.string() }).nullable(),
            remaining: z.object({ amount: z.string() }),
          }),
        ),
        pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
      }),
    })
    .nullish(),
});

/**
 * Adds GET /reports/ood-balances.json?clusterId=...&unit=CREDIT: the balance file of Open OnDemand for one cluster. It is
 * Query.clusterBalances, asked page by page with the caller's token through the graph itself, so that identity gives the names
 * and every service judges as it does for the graph. Half a file is never given out: where a name is missing, all of it is.
 */
export function addOpenOnDemandRoute(app: FastifyInstance): void {
  app.get('/reports/ood-balances.json', { exposeHeadRoute: false }, async (request, reply) => {
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    try {
      return await reply.send(await makeFile(app, request));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer');
      return reply.status(documentStatusOf(error)).type('application/json; charset=utf-8').send(faultBody(error));
    }
  });
}

async function makeFile(app: FastifyInstance, request: FastifyRequest): Promise<OodBalances> {
  const { clusterId, unit = wellKnown.unit } = request.query as Readonly<Record<string, unknown>>;
  if (typeof clusterId !== 'string' || clusterId === '') throw badUserInput('Say which cluster: clusterId=clu_...');
  if (typeof unit !== 'string') throw badUserInput('unit must be there once.');
  const lines: OodLine[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { nodes, pageInfo } = await readPage(app, request, { clusterId, unit, after });
    lines.push(...nodes);
    if (!pageInfo.hasNextPage) return oodBalances(lines, { unit, at: new Date() });
    after = pageInfo.endCursor;
  }
  throw limitExceeded(
    'oodLines',
    `The file has more than ${PAGES_MAX * 100} lines; ask the graph for clusterBalances.`,
  );
}

type Page = NonNullable<NonNullable<z.infer<typeof answerOf>['data']>>['clusterBalances'];

async function readPage(app: FastifyInstance, request: FastifyRequest, variables: object): Promise<Page> {
  const { authorization } = request.headers;
  const answer = await app.inject({
    method: 'POST',
    url: '/graphql',
    headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
    remoteAddress: request.ip,
    payload: { query: BALANCES, variables },
  });
  const { data, errors } = answerOf.parse(answer.json());
  const [error] = errors ?? [];
  // The graph answers with the closed set of codes alone.
  if (error !== undefined) throw new Fault(error.extensions.code as FaultCode, error.message);
  if (data == null) throw new Error('the graph gave neither data nor errors');
  return data.clusterBalances;
}
