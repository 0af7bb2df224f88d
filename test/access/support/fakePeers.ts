import { unavailable } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Money } from '../../../platform/kernel/money.js';
import { invalidInput, type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type {
  EscrowWish,
  ExtensionName,
  KeyedCall,
  PeerAccount,
  PeerBudget,
  Peers,
} from '../../../subgraphs/access/usecases/ports/peers.js';

/** What happens at one call of a method: instead of it, or after it was done. */
interface Mishap {
  /** `lost`: done, and the answer never arrives. `down`: not done, no answer. */
  readonly kind: 'lost' | 'down' | 'refuse' | 'throw';
  readonly refusal?: Refusal;
  readonly error?: Error;
  /** How many calls it strikes; one unless told. */
  readonly times?: number;
}

/** What fills an escrow: the opening hold, or an extension's. */
interface Fill {
  readonly holdId: string;
  readonly amount: Money;
  hold: 'OPEN' | 'CAPTURED' | 'RELEASED';
  invoice: 'NONE' | 'ISSUED' | 'PAID' | 'VOID';
}

interface Escrow extends Omit<EscrowWish, 'endsAt'>, Fill {
  readonly escrowAccountId: string;
  /** What extensions added to it. */
  readonly more: Fill[];
  endsAt: Date;
  status: 'OPEN' | 'CLOSED';
  balance: bigint;
}

/** What a grant's resource is now, and was before its extension. */
interface Size {
  readonly endsAt: Date;
  readonly quotaBytes?: bigint;
  readonly priceMicros?: bigint;
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
  readonly accounts = new Map<string, Omit<PeerAccount, 'id' | 'availableMicros' | 'budgets'>>();
  /** The budgets of accounts. */
  readonly budgets = new Map<string, readonly PeerBudget[]>();
  /** The largest drive there is room for; null: any. */
  roomBytes: bigint | null = null;
  /** Clusters that are not there. */
  readonly lostClusters = new Set<string>();
  readonly escrows = new Map<string, Escrow>();
  readonly drives = new Map<string, ResourceStatus>();
  readonly allocations = new Map<string, ResourceStatus>();
  readonly quotas = new Map<string, bigint>();
  /** Drives whose content was purged at once. */
  readonly purged = new Set<string>();
  /** Until when each resource can be used, and how it was before each extension. */
  readonly sizes = new Map<string, Size>();
  readonly #before = new Map<string, { readonly grantId: string; readonly size: Size } | 'undone'>();
  readonly #escrowExtensions = new Map<
    string,
    { readonly grantId: string; readonly endsAt: Date; fill: Fill | null } | 'undone'
  >();
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
      (sum, { balance, more, ...opening }) => sum + balance + reserved([opening, ...more]),
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
      (escrow.status === 'CLOSED' &&
        escrow.hold !== 'OPEN' &&
        escrow.balance === 0n &&
        escrow.invoice !== 'ISSUED' &&
        reserved(escrow.more) === 0n);
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
        const budgets = this.budgets.get(id) ?? [];
        return known === null ? null : { ...known, id, availableMicros: availableMicros ?? 0n, budgets };
      },
      openEscrow: (wish, call) => this.#call('openEscrow', call, () => this.#openEscrow(wish)),
      issuePrepayment: ({ holdId, lines }, call) =>
        this.#call('issuePrepayment', call, () => {
          const escrow = this.#byHold(holdId);
          if (lines.reduce((sum, { amount }) => sum + amount.micros, 0n) > escrow.fill.amount.micros)
            throw new Error('sum');
          escrow.fill.invoice = 'ISSUED';
          return ok({ invoiceId: newId('invoice') });
        }),
      voidPrepayment: (holdId, call) =>
        this.#call('voidPrepayment', call, () => {
          const escrow = this.#byHold(holdId);
          if (escrow.fill.invoice === 'ISSUED') escrow.fill.invoice = 'VOID';
          return ok(null);
        }),
      captureHold: ({ holdId, amount }, call) =>
        this.#call('captureHold', call, () => {
          const { escrow, fill } = this.#byHold(holdId);
          if (fill.hold !== 'OPEN') return err(refused('HOLD_NOT_OPEN', 'captured'));
          fill.hold = 'CAPTURED';
          fill.invoice = 'PAID';
          escrow.balance += amount.micros;
          // The capture is final: what was reserved beyond it is free again.
          this.#credit(escrow.payerAccountId, fill.amount.micros - amount.micros);
          return ok(null);
        }),
      releaseHold: (holdId, call) =>
        this.#call('releaseHold', call, () => {
          const { escrow, fill } = this.#byHold(holdId);
          if (fill.hold !== 'OPEN') return err(refused('HOLD_NOT_OPEN', 'released'));
          this.#release(escrow, fill);
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
      extendEscrow: (wish, call) => this.#call('extendEscrow', call, () => this.#extendEscrow(wish)),
      abandonExtension: ({ extensionId }, call) =>
        this.#call('abandonExtension', call, () => {
          const made = this.#escrowExtensions.get(extensionId);
          this.#escrowExtensions.set(extensionId, 'undone');
          if (made === undefined || made === 'undone') return ok(null);
          const escrow = this.escrows.get(made.grantId);
          if (made.fill?.hold === 'CAPTURED') return err(refused('HOLD_NOT_OPEN', 'captured'));
          if (escrow === undefined) throw new Error('no such escrow');
          escrow.endsAt = made.endsAt;
          if (made.fill?.hold === 'OPEN') this.#release(escrow, made.fill);
          if (made.fill?.invoice === 'ISSUED') made.fill.invoice = 'VOID';
          return ok(null);
        }),
      abandonEscrow: (grantId, call) =>
        this.#call('abandonEscrow', call, () => {
          this.#abandoned.add(grantId);
          const escrow = this.escrows.get(grantId);
          if (escrow === undefined || escrow.status === 'CLOSED') return ok(null);
          if (escrow.hold === 'CAPTURED') return err(refused('HOLD_NOT_OPEN', 'captured'));
          if (escrow.hold === 'OPEN') this.#release(escrow, escrow);
          if (escrow.invoice === 'ISSUED') escrow.invoice = 'VOID';
          escrow.status = 'CLOSED';
          return ok(null);
        }),
    },
    storage: {
      hasRoom: async (quotaBytes) => this.roomBytes === null || quotaBytes <= this.roomBytes,
      provisionDrive: ({ grantId, quotaBytes, endsAt }, call) =>
        this.#call('provisionDrive', call, () => {
          if (this.roomBytes !== null && quotaBytes > this.roomBytes) return err(refused('CAPACITY_EXCEEDED', 'full'));
          this.drives.set(grantId, 'INACTIVE');
          this.sizes.set(grantId, { endsAt, quotaBytes });
          this.quotas.set(grantId, quotaBytes);
          return ok(null);
        }),
      activateDrive: (grantId, call) =>
        this.#call('activateDrive', call, () => {
          this.drives.set(grantId, 'ACTIVE');
          return ok(null);
        }),
      closeDrive: ({ grantId, purge }, call) =>
        this.#call('closeDrive', call, () => {
          const status = this.drives.get(grantId);
          if (purge) this.purged.add(grantId);
          if (status !== undefined) this.drives.set(grantId, status === 'ACTIVE' && !purge ? 'READ_ONLY' : 'CLOSED');
          return ok(null);
        }),
      extendDrive: ({ extensionId, grantId, ...size }, call) =>
        this.#call('extendDrive', call, () => this.#resize(this.drives, extensionId, grantId, size)),
      shrinkDrive: (name, call) => this.#call('shrinkDrive', call, () => this.#resizeBack(name)),
    },
    compute: {
      hasCluster: async (id) => !this.lostClusters.has(id),
      provisionAllocation: ({ grantId, clusterId, unitPrice, endsAt }, call) =>
        this.#call('provisionAllocation', call, () => {
          if (this.lostClusters.has(clusterId)) return err(invalidInput(['clusterId'], 'There is no such cluster.'));
          this.sizes.set(grantId, { endsAt, priceMicros: unitPrice.micros });
          this.allocations.set(grantId, 'INACTIVE');
          return ok(null);
        }),
      activateAllocation: (grantId, call) =>
        this.#call('activateAllocation', call, () => {
          this.allocations.set(grantId, 'ACTIVE');
          return ok(null);
        }),
      extendAllocation: ({ extensionId, grantId, endsAt, added }, call) =>
        this.#call('extendAllocation', call, () => {
          const priceMicros = added?.unitPrice.micros ?? this.sizes.get(grantId)?.priceMicros ?? 0n;
          return this.#resize(this.allocations, extensionId, grantId, { endsAt, priceMicros });
        }),
      shrinkAllocation: (name, call) => this.#call('shrinkAllocation', call, () => this.#resizeBack(name)),
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
      return err(missing(payerAccountId, amount, available));
    }
    const over = (this.budgets.get(payerAccountId) ?? []).find(
      ({ isHard, memberId, remainingMicros, startsAt, endsAt }) =>
        isHard &&
        (memberId === null || memberId === wish.holderId) &&
        startsAt.getTime() <= Date.now() &&
        Date.now() < endsAt.getTime() &&
        remainingMicros < amount.micros,
    );
    if (over !== undefined) {
      return err({ type: 'LimitExceeded', code: 'LIMIT_EXCEEDED', message: 'Budget.', limit: over.name });
    }
    this.available.set(payerAccountId, available - amount.micros);
    const made = { escrowAccountId: newId('account'), holdId: newId('hold') };
    const opening = { status: 'OPEN', hold: 'OPEN', invoice: 'NONE', balance: 0n, more: [] } as const;
    this.escrows.set(grantId, { ...wish, ...made, ...opening, more: [] });
    return ok({ ...made, payerGroupId: this.owners.get(payerAccountId) ?? null });
  }

  #extendEscrow(wish: Parameters<Peers['accounting']['extendEscrow']>[0]): Result<{ holdId: string | null }, Refusal> {
    const { extensionId, grantId, payerAccountId, price, endsAt } = wish;
    const escrow = this.escrows.get(grantId);
    if (this.#escrowExtensions.has(extensionId)) return err(refused('ESCROW_ABANDONED', 'given up'));
    if (escrow === undefined || escrow.status === 'CLOSED') return err(refused('ACCOUNT_CLOSED', 'closed'));
    if (escrow.payerAccountId !== payerAccountId) throw new Error('another payer');
    const available = this.available.get(payerAccountId) ?? 0n;
    if (price !== null && available < price.amount.micros) {
      return err(missing(payerAccountId, price.amount, available));
    }
    const fill: Fill | null =
      price === null ? null : { holdId: newId('hold'), amount: price.amount, hold: 'OPEN', invoice: 'NONE' };
    this.#escrowExtensions.set(extensionId, { grantId, endsAt: escrow.endsAt, fill });
    escrow.endsAt = endsAt;
    if (fill !== null) {
      this.available.set(payerAccountId, available - fill.amount.micros);
      escrow.more.push(fill);
    }
    return ok({ holdId: fill?.holdId ?? null });
  }

  // As the real peers do, by the status alone: whatever the clock says, closing is what makes it too late.
  #resize(
    resources: ReadonlyMap<string, ResourceStatus>,
    extensionId: string,
    grantId: string,
    size: Size,
  ): Result<null, Refusal> {
    const before = this.sizes.get(grantId);
    if (this.#before.has(extensionId) || resources.get(grantId) !== 'ACTIVE' || before === undefined) {
      return err(refused('GRANT_NOT_USABLE', 'closed, or undone'));
    }
    if (size.endsAt < before.endsAt) return err(invalidInput(['endsAt'], 'earlier'));
    this.#before.set(extensionId, { grantId, size: before });
    this.sizes.set(grantId, size);
    return ok(null);
  }

  #resizeBack({ extensionId }: ExtensionName): Result<null, Refusal> {
    const before = this.#before.get(extensionId);
    this.#before.set(extensionId, 'undone');
    if (before !== undefined && before !== 'undone') this.sizes.set(before.grantId, before.size);
    return ok(null);
  }

  #byHold(holdId: string): { readonly escrow: Escrow; readonly fill: Fill } {
    for (const escrow of this.escrows.values()) {
      const fill = [escrow, ...escrow.more].find((one) => one.holdId === holdId);
      if (fill !== undefined) return { escrow, fill };
    }
    throw new Error('no such hold');
  }

  #release(escrow: Escrow, fill: Fill): void {
    fill.hold = 'RELEASED';
    this.#credit(escrow.payerAccountId, fill.amount.micros);
  }

  #credit(accountId: string, micros: bigint): void {
    this.available.set(accountId, (this.available.get(accountId) ?? 0n) + micros);
  }
}

/** What the open ones of some fills reserve. */
const reserved = (fills: readonly Pick<Fill, 'hold' | 'amount'>[]): bigint =>
  fills.reduce((sum, { hold, amount }) => sum + (hold === 'OPEN' ? amount.micros : 0n), 0n);

const missing = (accountId: string, amount: Money, available: bigint): Refusal => ({
  type: 'InsufficientFunds',
  code: 'INSUFFICIENT_FUNDS',
  message: 'Not enough.',
  shortfall: { micros: amount.micros - available, unit: amount.unit },
  available: { micros: available, unit: amount.unit },
  accountId,
});
