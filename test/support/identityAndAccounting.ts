import { randomUUID } from 'node:crypto';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { ledgerLimitsDefault } from '../../subgraphs/accounting/domain/limits.js';
import { startAccounting } from '../../subgraphs/accounting/main.js';
import type { IdentityConfig } from '../../subgraphs/identity/config.js';
import { type IdentityHarness, startIdentityHarness } from '../identity/support/identityHarness.js';
import { assertLedgerInvariants } from '../invariants/assertLedgerInvariants.js';
import { freshDatabase } from './database.js';
import { type Answer, type SubgraphHarness, startSubgraphHarness } from './subgraph.js';

/** What came of a mutation: its payload, or the first error's code. */
export interface Outcome {
  readonly payload: (Record<string, unknown> & { readonly refusal: { readonly code: string } | null }) | null;
  readonly fault: string | null;
}

/** A thing in a payload. @throws Error where the payload has none */
export function thingOf<Thing extends object = { readonly id: string }>(outcome: Outcome, field: string): Thing {
  const thing = outcome.payload?.[field];
  if (thing == null) throw new Error(`no ${field}: ${outcome.fault ?? outcome.payload?.refusal?.code}`);
  return thing as Thing;
}

/** Both services as they are, accounting following identity's real feed. */
export interface TwoServices {
  readonly identity: IdentityHarness;
  readonly accounting: SubgraphHarness;
  /** Runs a mutation of either service with a fresh key unless told (null: without one). */
  mutate(
    service: 'identity' | 'accounting',
    name: string,
    input: Record<string, unknown>,
    selection: string,
    token: string,
  ): Promise<Outcome>;
  stop(): Promise<void>;
}

/** Starts identity and accounting for a test of what passes between them. @param config of identity; read anew at each start */
export async function startIdentityAndAccounting(config: Partial<IdentityConfig> = {}): Promise<TwoServices> {
  const identity = await startIdentityHarness(config);
  const database = await freshDatabase('accounting');
  const accounting = await startSubgraphHarness({
    service: 'accounting',
    database,
    peers: {
      get identity() {
        return identity.url;
      },
    },
    start: (settings) =>
      startAccounting(
        { ...settings, service: 'accounting' },
        { config: { limits: ledgerLimitsDefault, publicUrl: null, receiptKeysFile: null, logLevel: 'silent' } },
      ),
  });
  // Each has a home of its own here: identity is shown the key that accounting signs its calls with.
  const folder = join('keys', 'accounting');
  await cp(join(accounting.settings.home, folder, 'public.jwk'), join(identity.home, folder, 'public.jwk'), {
    recursive: true,
  });
  return {
    identity,
    accounting,
    async mutate(service, name, input, selection, token) {
      const { idempotencyKey = randomUUID(), ...rest } = input;
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
      const answer: Answer<Record<string, NonNullable<Outcome['payload']>>> = await (service === 'identity'
        ? identity
        : accounting
      ).call(
        `mutation ($input: ${type}) { ${name}(input: $input) { ${selection} refusal { code } } }`,
        { input: idempotencyKey === null ? rest : { idempotencyKey, ...rest } },
        { token },
      );
      return { payload: answer.data?.[name] ?? null, fault: answer.errors[0]?.extensions.code ?? null };
    },
    async stop() {
      await accounting.stop();
      await identity.stop();
      await assertLedgerInvariants(database.ownerUrl);
      await database.drop();
    },
  };
}
