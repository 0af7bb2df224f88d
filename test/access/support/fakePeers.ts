import { unavailable } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { EscrowWish, KeyedCall, PeerAccount, Peers } from '../../../subgraphs/access/usecases/ports/peers.js';

/** What happens at one call of a method: instead of it, or after it was done. */
interface Mishap {
  /** `lost`: done, and the answer never arrives. `down`: not done, no answer. */
  readonly kind: 'lost' | 'down' | 'refuse' | 'throw';
  readonly refusal?: Refusal;
  readonly error?: Error;
  /** How many calls it strikes; one unless told. */
  readonly times?: number;
}

interface Escrow extends EscrowWish {
  readonly escrowAccountId: string;
  readonly holdId: string;
  status: 'OPEN' | 'CLOSED';
  hold: 'OPEN' | 'CAPTURED' | 'RELEASED';
  invoice: 'NONE' | 'ISSUED' | 'PAID' | 'VOID';
  balance: bigint;
}

interface EscrowOpened {
  readonly escrowAccountId: string;
  readonly holdId: string;
  readonly payerGroupId: string | null;
}

type ResourceStatus = 'INACTIVE' | 'ACTIVE' | 'READ_ONLY' | 'CLOSING' | 'CLOSED';

const ordinary = { kind: 'PERSONAL', unit: 'CREDIT', ownerId: null, status: 'OPEN' };

/** The four peers in memory: they keep money and resources, remember keys, and have mishaps as they are told. */
export class FakePeers {
  readonly calls: { readonly method: string; readonly key: string; readonly token?: string }[] = [];
  /** What each account has to spend, in millionths. */
  readonly available = new Map<string, bigint>();
  /** Which group an account belongs to; a person's where it is not here. */
  readonly owners = new Map<string, string>();
  /** What running jobs have reserved on each escrow. */
  heldByJobs = 0n;
  /** The accounts that are shown when asked for. */
  readonly accounts = new Map<string, Omit<PeerAccount, 'id' | 'availableMicros'>>();
  readonly escrows = new Map<string, Escrow>();
  readonly drives = new Map<string, ResourceStatus>();
  readonly allocations = new Map<string, ResourceStatus>();
  readonly quotas = new Map<string, bigint>();
  /** How often a closed allocation still has jobs to settle. */
  jobsToSettle = 0;
  /** What jobs captured from a compute grant's escrow. */
  revenue = 0n;
  readonly #abandoned = new Set<string>();
  readonly #remembered = new Map<string, unknown>();
  readonly #mishaps = new Map<string, Mishap[]>();
  readonly #pauses = new Map<string, Promise<void>>();

  /** Plans a mishap for the next calls of a method. */
  plan(method: string, mishap: Mishap): void {
    const times = mishap.times ?? 1;
    this.#mishaps.set(method, [...(this.#mishaps.get(method) ?? []), ...Array<Mishap>(times).fill(mishap)]);
  }

  /** Calls of a method wait for this. */
  hold(method: string, until: Promise<void>): void {
    this.#pauses.set(method, until);
  }

  /** The keys of the calls made for a request or grant, in order and without its id. */
  keysOf(id: string): readonly string[] {
    return this.calls.filter(({ key }) => key.startsWith(`${id}:`)).map(({ key }) => key.slice(id.length + 1));
  }

  /** All money there is, wherever it stands. */
  total(): bigint {
    const spendable = [...this.available.values()].reduce((sum, value) => sum + value, 0n);
    const escrowed = [...this.escrows.values()].reduce(
      (sum, { balance, hold, amount }) => sum + balance + (hold === 'OPEN' ? amount.micros : 0n),
      0n,
    );
    return spendable + escrowed + this.revenue;
  }

  /** Whether nothing of a grant is left: no reserved money, no open escrow, no resource in use. */
  isClean(grantId: string): boolean {
    const escrow = this.escrows.get(grantId);
    const resource = this.drives.get(grantId) ?? this.allocations.get(grantId);
    const isEscrowClean =
      escrow === undefined ||
      (escrow.status === 'CLOSED' && escrow.hold !== 'OPEN' && escrow.balance === 0n && escrow.invoice !== 'ISSUED');
    return isEscrowClean && (resource === undefined || resource === 'CLOSED' || resource === 'READ_ONLY');
  }

  async #call<Value>(
    method: string,
    call: KeyedCall | { readonly key: string; readonly token?: string },
    act: () => Result<Value, Refusal>,
  ): Promise<Result<Value, Refusal>> {
    this.calls.push({
      method,
      key: call.key,
      ...('token' in call && call.token !== undefined ? { token: call.token } : {}),
    });
    await this.#pauses.get(method);
    // A real peer answers later than at once: other calls come in between.
    await new Promise((resolve) => setImmediate(resolve));
    const mishap = this.#mishaps.get(method)?.shift();
    if (mishap?.kind === 'down') throw unavailable(method);
    if (mishap?.kind === 'throw') throw mishap.error ?? new Error(`${method} broke`);
    const remembered = this.#remembered.get(call.key) as Result<Value, Refusal> | undefined;
    const planned = mishap?.kind === 'refuse' ? err(mishap.refusal ?? refused('HOLD_NOT_OPEN', method)) : null;
    const result = remembered ?? planned ?? act();
    this.#remembered.set(call.key, result);
    if (mishap?.kind === 'lost') throw unavailable(method);
    return result;
  }

  readonly peers: Peers = {
    identity: {
      exchangeToken: async ({ token }, trace) => {
        const exchanged = await this.#call(
          'exchangeToken',
          { key: `exchange:${trace.requestId}:${this.calls.length}` },
          () => ok(`exchanged ${token}`),
        );
        if (!exchanged.ok) throw new Error('planned refusals of exchangeToken are thrown');
        return exchanged.value;
      },
    },
    accounting: {
      findEscrows: async (ids) =>
        ids.map((id) => {
          const escrow = [...this.escrows.values()].find((one) => one.escrowAccountId === id);
          if (escrow === undefined) throw new Error('no such escrow');
          return { postedMicros: escrow.balance, heldMicros: this.heldByJobs };
        }),
      findAccount: async (id) => {
        const availableMicros = this.available.get(id);
        const known = this.accounts.get(id) ?? (availableMicros === undefined ? null : ordinary);
        return known === null ? null : { ...known, id, availableMicros: availableMicros ?? 0n };
      },
      openEscrow: (wish, call) => this.#call('openEscrow', call, () => this.#openEscrow(wish)),
      issuePrepayment: ({ holdId, lines }, call) =>
        this.#call('issuePrepayment', call, () => {
          const escrow = this.#byHold(holdId);
          if (lines.reduce((sum, { amount }) => sum + amount.micros, 0n) > escrow.amount.micros) throw new Error('sum');
          escrow.invoice = 'ISSUED';
          return ok({ invoiceId: newId('invoice') });
        }),
      voidPrepayment: (holdId, call) =>
        this.#call('voidPrepayment', call, () => {
          const escrow = this.#byHold(holdId);
          if (escrow.invoice === 'ISSUED') escrow.invoice = 'VOID';
          return ok(null);
        }),
      captureHold: ({ holdId, amount }, call) =>
        this.#call('captureHold', call, () => {
          const escrow = this.#byHold(holdId);
          if (escrow.hold !== 'OPEN') return err(refused('HOLD_NOT_OPEN', 'captured'));
          escrow.hold = 'CAPTURED';
          escrow.invoice = 'PAID';
          escrow.balance += amount.micros;
          // The capture is final: what was reserved beyond it is free again.
          this.#credit(escrow.payerAccountId, escrow.amount.micros - amount.micros);
          return ok(null);
        }),
      releaseHold: (holdId, call) =>
        this.#call('releaseHold', call, () => {
          const escrow = this.#byHold(holdId);
          if (escrow.hold !== 'OPEN') return err(refused('HOLD_NOT_OPEN', 'released'));
          this.#release(escrow);
          return ok(null);
        }),
      closeEscrow: ({ escrowAccountId, earnedSoFar }, call) =>
        this.#call('closeEscrow', call, () => {
          const escrow = [...this.escrows.values()].find((one) => one.escrowAccountId === escrowAccountId);
          if (escrow === undefined) throw new Error('no such escrow');
          const rest = escrow.balance - earnedSoFar.micros;
          this.revenue += earnedSoFar.micros;
          this.#credit(escrow.payerAccountId, rest);
          escrow.balance = 0n;
          escrow.status = 'CLOSED';
          return ok({ refundTransferId: rest > 0n ? newId('transfer') : null, refundedMicros: rest });
        }),
      abandonEscrow: (grantId, call) =>
        this.#call('abandonEscrow', call, () => {
          this.#abandoned.add(grantId);
          const escrow = this.escrows.get(grantId);
          if (escrow === undefined || escrow.status === 'CLOSED') return ok(null);
          if (escrow.hold === 'CAPTURED') return err(refused('HOLD_NOT_OPEN', 'captured'));
          if (escrow.hold === 'OPEN') this.#release(escrow);
          if (escrow.invoice === 'ISSUED') escrow.invoice = 'VOID';
          escrow.status = 'CLOSED';
          return ok(null);
        }),
    },
    storage: {
      provisionDrive: ({ grantId, quotaBytes }, call) =>
        this.#call('provisionDrive', call, () => {
          this.drives.set(grantId, 'INACTIVE');
          this.quotas.set(grantId, quotaBytes);
          return ok(null);
        }),
      activateDrive: (grantId, call) =>
        this.#call('activateDrive', call, () => {
          this.drives.set(grantId, 'ACTIVE');
          return ok(null);
        }),
      closeDrive: (grantId, call) =>
        this.#call('closeDrive', call, () => {
          const status = this.drives.get(grantId);
          if (status !== undefined) this.drives.set(grantId, status === 'ACTIVE' ? 'READ_ONLY' : 'CLOSED');
          return ok(null);
        }),
    },
    compute: {
      provisionAllocation: ({ grantId }, call) =>
        this.#call('provisionAllocation', call, () => {
          this.allocations.set(grantId, 'INACTIVE');
          return ok(null);
        }),
      activateAllocation: (grantId, call) =>
        this.#call('activateAllocation', call, () => {
          this.allocations.set(grantId, 'ACTIVE');
          return ok(null);
        }),
      closeAllocation: ({ grantId, wait }, trace) =>
        // It only sets a state, so that it has no key: every call is made anew.
        this.#call('closeAllocation', { key: `${trace.requestId}:close:${this.calls.length}:${wait}` }, () => {
          if (!this.allocations.has(grantId)) return ok({ isSettled: true });
          const isSettled = this.jobsToSettle === 0;
          if (!isSettled) this.jobsToSettle -= 1;
          this.allocations.set(grantId, isSettled ? 'CLOSED' : 'CLOSING');
          return ok({ isSettled });
        }),
    },
  };

  #openEscrow(wish: EscrowWish): Result<EscrowOpened, Refusal> {
    const { grantId, payerAccountId, amount } = wish;
    if (this.#abandoned.has(grantId)) return err(refused('HOLD_NOT_OPEN', 'given up'));
    const available = this.available.get(payerAccountId) ?? 0n;
    if (available < amount.micros) {
      return err({
        type: 'InsufficientFunds',
        code: 'INSUFFICIENT_FUNDS',
        message: 'Not enough.',
        shortfall: { micros: amount.micros - available, unit: amount.unit },
        available: { micros: available, unit: amount.unit },
        accountId: payerAccountId,
      });
    }
    this.available.set(payerAccountId, available - amount.micros);
    const made = { escrowAccountId: newId('account'), holdId: newId('hold') };
    this.escrows.set(grantId, { ...wish, ...made, status: 'OPEN', hold: 'OPEN', invoice: 'NONE', balance: 0n });
    return ok({ ...made, payerGroupId: this.owners.get(payerAccountId) ?? null });
  }

  #byHold(holdId: string): Escrow {
    const escrow = [...this.escrows.values()].find((one) => one.holdId === holdId);
    if (escrow === undefined) throw new Error('no such hold');
    return escrow;
  }

  #release(escrow: Escrow): void {
    escrow.hold = 'RELEASED';
    this.#credit(escrow.payerAccountId, escrow.amount.micros);
  }

  #credit(accountId: string, micros: bigint): void {
    this.available.set(accountId, (this.available.get(accountId) ?? 0n) + micros);
  }
}
