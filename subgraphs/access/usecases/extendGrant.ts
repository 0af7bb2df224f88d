import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, idempotencyScope, type Person } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { type CallKey, once } from '../../../platform/idempotency/once.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { Extension } from '../domain/extension.js';
import type { Grant } from '../domain/grant.js';
import { awaitExtension } from './awaitExtension.js';
import { type BegunExtension, beginExtension, type ExtendGrantInput } from './beginExtension.js';
import { readGrant } from './concludeGrant.js';
import type { Dependencies } from './dependencies.js';
import type { ExtensionSubject, Run } from './ports/sagas.js';
import type { Caller } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { serveChain } from './serveChain.js';

/** A call that extends a grant, with who makes it. */
interface Extending {
  readonly caller: Caller;
  readonly person: Person;
  readonly input: ExtendGrantInput;
}

/** What is answered. */
interface ExtendedGrant {
  readonly grant: Grant;
  readonly extension: Extension;
}

/**
 * Adds quantity, time or both to a grant, for its holder, by the terms that its offer has now. One commit takes it in, then
 * the chain runs within this call as far as the deadline lets it, and beyond it in the background; the grant is `extending`
 * meanwhile. Where people decide on the offer, the chain waits for them with the price reserved (approveGrantExtension). A
 * repetition waits for the call that began.
 * Refusals: IDEMPOTENCY_KEY_REUSED, GRANT_NOT_ACTIVE, EXTENSION_UNDER_WAY, OFFER_RETIRED, OFFER_NOT_IN_FORCE,
 * EXTENSION_NEEDS_REVIEW, INVALID_INPUT, QUANTITY_OUT_OF_RANGE, WINDOW_INVALID, those of accounting's extendEscrow,
 * INSUFFICIENT_FUNDS above all; then, everything being undone, what a service refused (CAPACITY_EXCEEDED, GRANT_IN_USE ...),
 * PROVISIONING_FAILED, CHAIN_TIMED_OUT, CHAIN_INTERRUPTED. Of one that people decide on, these are the `failure` of the extension.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN for an operator, NOT_FOUND for others than the holder
 */
export async function extendGrant(
  deps: Dependencies,
  caller: Caller,
  input: ExtendGrantInput,
): Promise<Result<ExtendedGrant, Refusal>> {
  const extending = { caller, person: requestingPerson(caller.viewer), input };
  for (;;) {
    const accepted = await accept(deps, extending);
    if (!accepted.ok) return accepted;
    const { extensionId, begun } = accepted.value;
    if (begun !== null) {
      const { saga, run } = begun;
      const dismissed = (refusal: Refusal | null) => dismiss(deps, extending, run, refusal);
      const refusal = await serveChain(deps, caller, { chain: deps.chains[saga], run, dismiss: dismissed });
      if (refusal !== null) return err(refusal);
    }
    const extension = await awaitExtension(deps, caller, extensionId);
    // Gone: its price was refused meanwhile, and the key says so now; or it was a fault, and this call begins anew.
    if (extension === null) continue;
    if (extension.failure !== null && extension.approval === 'AUTOMATIC') return err(extension.failure);
    return ok({ grant: await readGrant(deps.database, extension.grantId), extension });
  }
}

const keyOf = ({ person, input }: Extending): CallKey => ({
  scope: idempotencyScope(person),
  key: input.idempotencyKey,
  operation: 'extendGrant',
  input,
});

interface Accepted {
  readonly extensionId: string;
  /** The chain that this very call began; null where the key was known. */
  readonly begun: BegunExtension | null;
}

/** The first commit, before any remote effect: the key, the extension, its chain with the task that takes it up, the audit. */
async function accept(deps: Dependencies, extending: Extending): Promise<Result<Accepted, Refusal>> {
  const { caller, person, input } = extending;
  let begun: BegunExtension | null = null;
  const accepted = await deps.database.transactionally(async (store) => {
    begun = null;
    const result = await once<string>(
      store.sql,
      keyOf(extending),
      async () => {
        const decided = await beginExtension(deps, store, person, input);
        await writeAudit(store.sql, {
          actor: actorName(person),
          action: 'extendGrant',
          target: input.grantId,
          outcome: decided.ok ? 'OK' : decided.refusal.code,
          requestId: caller.requestId,
          clientIp: caller.clientIp,
        });
        if (!decided.ok) return decided;
        begun = decided.value;
        return ok(decided.value.run.id);
      },
      { save: (id) => id, load: async (id) => String(id) },
    );
    await faultpoint('access.extendGrant.accept.before');
    return result;
  });
  await faultpoint('access.extendGrant.accept.after');
  return accepted.ok ? ok({ extensionId: accepted.value, begun }) : accepted;
}

/** Forgets an extension whose price was refused; the key remembers the refusal, or nothing after a fault. */
async function dismiss(
  { database }: Dependencies,
  extending: Extending,
  begun: Run<ExtensionSubject>,
  refusal: Refusal | null,
): Promise<Refusal | null> {
  const { caller, person, input } = extending;
  return database.transactionally(async (store) => {
    await store.sagaRuns.drop(begun);
    await store.extensions.dismiss(begun.id);
    const call = keyOf(extending);
    await store.forgetKey(call.scope, call.key);
    if (refusal !== null) {
      await once(store.sql, call, async () => err(refusal), { save: () => null, load: async () => null });
    }
    await writeAudit(store.sql, {
      actor: actorName(person),
      action: 'extendGrant.extendEscrow',
      target: input.grantId,
      outcome: refusal?.code ?? 'FAULT',
      requestId: caller.requestId,
      clientIp: caller.clientIp,
    });
    return refusal;
  });
}
