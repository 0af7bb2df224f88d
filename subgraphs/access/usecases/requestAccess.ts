import { writeAudit } from '../../../platform/audit/audit.js';
import { actorName, type Person } from '../../../platform/auth/viewer.js';
import { once } from '../../../platform/idempotency/once.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import type { RequestAccessInput } from './accessWish.js';
import { awaitRest } from './awaitRest.js';
import type { BegunRequest } from './beginRequest.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';
import { requestingPerson } from './requestingPerson.js';
import { serveChain } from './serveChain.js';
import { requestKey, submitRequest } from './submitRequest.js';

/** A call that asks for access, with who makes it. */
interface Asking {
  readonly caller: Caller;
  readonly person: Person;
  readonly input: RequestAccessInput;
}

/**
 * Asks for access: one commit takes the wish in, then the chain runs within this call as far as the deadline lets it
 * (a reviewed one until it waits for its reviewers), and beyond it in the background. A repetition waits for the call that began, as long as it can.
 * Refusals, nothing being kept but key and audit: INVALID_INPUT, IDEMPOTENCY_KEY_REUSED, OFFER_RETIRED, OFFER_NOT_IN_FORCE,
 * QUOTE_EXPIRED, QUANTITY_OUT_OF_RANGE, WINDOW_INVALID, and those of accounting's openEscrow, INSUFFICIENT_FUNDS above all.
 * Later refusals are the `failure` of a FAILED request.
 * @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND for an unknown quote, offer or account of another person
 */
export async function requestAccess(
  deps: Dependencies,
  caller: Caller,
  input: RequestAccessInput,
): Promise<Result<AccessRequest, Refusal>> {
  const asking = { caller, person: requestingPerson(caller.viewer), input };
  for (;;) {
    const submitted = await submitRequest(deps, caller, asking.person, input);
    if (!submitted.ok) return submitted;
    const { requestId, begun } = submitted.value;
    if (begun !== null) {
      const { saga, run } = begun;
      const dismissed = (refusal: Refusal | null) => dismiss(deps, asking, begun, refusal);
      const refusal = await serveChain(deps, caller, { chain: deps.chains[saga], run, dismiss: dismissed });
      if (refusal !== null) return err(refusal);
    }
    const request = await awaitRest(deps, caller, requestId);
    // Gone: its price was refused meanwhile, and the key says so now; or it was a fault, and this call begins anew.
    if (request !== null) return ok(request);
  }
}

/**
 * Forgets a request whose price was refused; the key remembers the refusal, or nothing after a fault. Where the answer
 * was due before and somebody has seen the request, it is FAILED instead.
 */
async function dismiss(
  { database }: Dependencies,
  { caller, person, input }: Asking,
  begun: BegunRequest,
  refusal: Refusal | null,
): Promise<Refusal | null> {
  return database.transactionally(async (store) => {
    await store.sagaRuns.drop(begun.run);
    const wasUnseen = await store.requests.dismiss(begun.run.id);
    const call = requestKey(person, input);
    if (wasUnseen) await store.forgetKey(call.scope, call.key);
    else await store.requests.fail(begun.run.id, refusal ?? turnedAway);
    if (wasUnseen && refusal !== null) {
      await once(store.sql, call, async () => err(refusal), { save: () => null, load: async () => null });
    }
    await writeAudit(store.sql, {
      actor: actorName(person),
      action: 'requestAccess.openEscrow',
      target: begun.run.id,
      outcome: (refusal ?? turnedAway).code,
      requestId: caller.requestId,
      clientIp: caller.clientIp,
    });
    return wasUnseen ? refusal : null;
  });
}

const turnedAway = refused('PROVISIONING_FAILED', 'The account could not be used; nothing was charged.');
