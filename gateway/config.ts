import { isIP } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { limits } from '../platform/kernel/limits.js';
import { packageRoot } from '../platform/kernel/packageRoot.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { Variables } from '../platform/server/settings.js';

/** What the gateway is a function of, beyond the settings that every service has. */
export interface GatewayConfig {
  /** Whether GraphiQL is served at /graphiql. */
  readonly ui: boolean;
  /** Whether clients may ask for the schema. */
  readonly introspection: boolean;
  /** Addresses and networks of proxies whose X-Forwarded-For is believed; from anybody else it changes nothing. */
  readonly trustedProxies: readonly string[];
  /** Milliseconds from a client's request to its answer, whatever the subgraphs do. */
  readonly deadlineMs: number;
  /** The composed schema. */
  readonly supergraphFile: string;
  /** Where scripts/build-graphiql.mjs put the page. */
  readonly graphiqlFolder: string;
  /** How much is logged: pino's names, or silent. */
  readonly logLevel: string;
}

const switchSchema = z.enum(['on', 'off'], 'must be on or off').transform((value) => value === 'on');
/** An address, or a network as address/bits. */
function isAddressOrNetwork(text: string): boolean {
  const [address = '', bits] = text.split('/');
  const bitsMax = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  if (bitsMax === -1) return false;
  return bits === undefined || (/^[0-9]{1,3}$/.test(bits) && Number(bits) <= bitsMax);
}

const proxiesSchema = z
  .string()
  .transform((text) => text.split(',').map((part) => part.trim()))
  .refine(
    (parts) => parts.every(isAddressOrNetwork),
    'must be addresses or networks (10.0.0.0/8), separated by commas',
  );

const environmentSchema = z.object({
  TOLLGATE_TRUSTED_PROXIES: proxiesSchema.optional(),
  TOLLGATE_UI: switchSchema.optional(),
  TOLLGATE_INTROSPECTION: switchSchema.optional(),
  TOLLGATE_LOG_LEVEL: z
    .enum(['silent', 'error', 'warn', 'info', 'debug'], 'must be silent, error, warn, info or debug')
    .optional(),
});

/**
 * The gateway's configuration: what the caller names, else the environment (TOLLGATE_UI, TOLLGATE_INTROSPECTION: on or
 * off; TOLLGATE_TRUSTED_PROXIES; TOLLGATE_LOG_LEVEL), else the embedded default, where both are on.
 * @throws ServiceStartError naming the variable
 */
export function loadGatewayConfig(environment: Variables, named: Partial<GatewayConfig>): GatewayConfig {
  const parsed = environmentSchema.safeParse(environment);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ServiceStartError(`${String(issue?.path[0])} ${issue?.message}; correct it or leave it out.`);
  }
  return Object.freeze({
    ui: named.ui ?? parsed.data.TOLLGATE_UI ?? true,
    introspection: named.introspection ?? parsed.data.TOLLGATE_INTROSPECTION ?? true,
    trustedProxies: named.trustedProxies ?? parsed.data.TOLLGATE_TRUSTED_PROXIES ?? [],
    deadlineMs: named.deadlineMs ?? limits.gatewayDeadlineMs,
    supergraphFile: named.supergraphFile ?? join(packageRoot, 'schema', 'supergraph.graphql'),
    logLevel: named.logLevel ?? parsed.data.TOLLGATE_LOG_LEVEL ?? 'warn',
    graphiqlFolder: named.graphiqlFolder ?? join(packageRoot, 'dist', 'graphiql'),
  });
}
