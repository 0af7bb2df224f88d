import { z } from 'zod';
import { serviceToken } from './serviceToken.js';

const TIMEOUT_MS = 15_000;

/** Tollgate did not answer, or answered with a fault: try again. */
class GatewayError extends Error {
  override readonly name = 'GatewayError';
  constructor(
    /** The fault's code, or UNREACHABLE. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

const answerSchema = z.object({
  data: z.unknown().optional(),
  errors: z
    .array(z.object({ message: z.string(), extensions: z.object({ code: z.string() }).loose().optional() }))
    .optional(),
});

/** Runs operations at the gateway in the controller's name. */
export interface GatewayClient {
  /**
   * The operation's data. @throws GatewayError
   */
  call(document: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>;
}

/**
 * A client of the gateway with the service account of the credentials file.
 * @param gatewayUrl asked for at each call, since a gateway may come back on another port
 */
export function gatewayClient(gatewayUrl: () => Promise<string>, credentialsFile: string): GatewayClient {
  const send = async (document: string, variables: Readonly<Record<string, unknown>>, token: string | null) =>
    post(new URL('/graphql', await gatewayUrl()), document, variables, token);
  const token = serviceToken(credentialsFile, (document, variables) => send(document, variables, null));
  return {
    async call(document, variables) {
      try {
        return await send(document, variables, await token.current());
      } catch (error) {
        if (!(error instanceof GatewayError && error.code === 'UNAUTHENTICATED')) throw error;
        // The token may have died early (another signing key, a revocation of the session): once more with a fresh one.
        token.drop();
        return send(document, variables, await token.current());
      }
    },
  };
}

async function post(
  endpoint: URL,
  document: string,
  variables: Readonly<Record<string, unknown>>,
  token: string | null,
): Promise<unknown> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query: document, variables }),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
    .then((response) => response.json())
    .catch((error: unknown) => {
      throw new GatewayError('UNREACHABLE', `${endpoint.origin} does not answer (${causeOf(error)})`);
    });
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) throw new GatewayError('UNREACHABLE', `${endpoint.origin} does not answer as a gateway`);
  const [error] = parsed.data.errors ?? [];
  if (error !== undefined) throw new GatewayError(error.extensions?.code ?? 'INTERNAL', error.message);
  return parsed.data.data;
}

/** What fetch keeps below "fetch failed": the system's code, or the certificate's. */
function causeOf(error: unknown): string {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return (cause as NodeJS.ErrnoException).code ?? cause.message;
}
