import { newId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type {
  AccountingPort,
  IdentityPort,
  PlaceHold,
  StoragePort,
} from '../../../subgraphs/compute/usecases/ports.js';

/** A hold in the stand-in for accounting. */
export interface FakeHold {
  readonly id: string;
  readonly placed: PlaceHold;
  status: 'OPEN' | 'CAPTURED' | 'RELEASED';
  capturedMicros: bigint;
}

/** Stands in for the three peers at their ports: it remembers keys as they do, and fails on demand. */
export interface FakePeers {
  readonly identity: IdentityPort;
  readonly accounting: AccountingPort;
  readonly storage: StoragePort;
  readonly holds: Map<string, FakeHold>;
  /** Pins by job: the names they have for it. */
  readonly pins: Map<string, Set<string>>;
  /** Every call by name, in order. */
  readonly calls: string[];
  /** Runs before a call's effect (by name); may throw or return a refusal. */
  before: Record<string, (() => Refusal | undefined) | undefined>;
  /** Runs after a call's effect: the answer is lost where it throws. */
  after: Record<string, (() => void) | undefined>;
  /** What the escrow has left, in millionths. */
  availableMicros: bigint;
}

/** Makes the stand-ins. */
export function fakePeers(): FakePeers {
  const remembered = new Map<string, Result<unknown, Refusal>>();
  const peers: FakePeers = {
    holds: new Map(),
    pins: new Map(),
    calls: [],
    before: {},
    after: {},
    availableMicros: 1_000_000_000n,
    identity: {
      exchangeToken: (token, { audience, scope }) =>
        run('exchangeToken', null, () =>
          ok({ token: `${token}:${audience}:${scope}`, expiresAt: new Date(Date.now() + 600_000) }),
        ),
    },
    accounting: {
      placeHold: (placed) =>
        run('placeHold', placed.key, () => {
          const { micros, unit } = placed.amount;
          if (micros > peers.availableMicros) {
            return err({
              type: 'InsufficientFunds',
              code: 'INSUFFICIENT_FUNDS',
              message: 'Not enough.',
              shortfall: { micros: micros - peers.availableMicros, unit },
              available: { micros: peers.availableMicros, unit },
              accountId: placed.debitAccountId,
            });
          }
          peers.availableMicros -= micros;
          const id = newId('hold');
          peers.holds.set(id, { id, placed, status: 'OPEN', capturedMicros: 0n });
          return ok(id);
        }),
      captureHold: ({ key, holdId, amount }) =>
        run('captureHold', key, () => {
          const hold = openHold(holdId);
          hold.status = 'CAPTURED';
          hold.capturedMicros = amount.micros;
          peers.availableMicros += hold.placed.amount.micros - amount.micros;
          return ok(null);
        }),
      releaseHold: ({ key, holdId }) =>
        run('releaseHold', key, () => {
          const hold = openHold(holdId);
          hold.status = 'RELEASED';
          peers.availableMicros += hold.placed.amount.micros;
          return ok(null);
        }),
    },
    storage: {
      pinJobInput: ({ key, jobId, as }) =>
        run('pinJobInput', key, () => {
          peers.pins.set(jobId, (peers.pins.get(jobId) ?? new Set()).add(as));
          return ok(null);
        }),
      signJobInputs: ({ jobId }) =>
        run('signJobInputs', null, () =>
          ok([...(peers.pins.get(jobId) ?? [])].map((as) => ({ as, url: `http://storage.test/${as}`, sha256: 'ab' }))),
        ),
      unpinJobInputs: ({ key, jobId }) =>
        run('unpinJobInputs', key, () => {
          peers.pins.delete(jobId);
          return ok(null);
        }),
    },
  };
  return peers;

  function openHold(id: string): FakeHold {
    const hold = peers.holds.get(id);
    if (hold?.status !== 'OPEN') throw new Error(`hold ${id} is ${hold?.status ?? 'unknown'}`);
    return hold;
  }

  async function run<Value>(
    name: string,
    key: string | null,
    effect: () => Result<Value, Refusal>,
  ): Promise<Result<Value, Refusal>> {
    peers.calls.push(name);
    const refusal = peers.before[name]?.();
    if (refusal !== undefined) return err(refusal);
    const known = key === null ? undefined : remembered.get(key);
    const result = known ?? effect();
    if (key !== null) remembered.set(key, result);
    peers.after[name]?.();
    // The same key is only ever used with the same call.
    return result as Result<Value, Refusal>;
  }
}
