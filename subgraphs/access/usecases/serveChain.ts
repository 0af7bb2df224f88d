import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Dependencies } from './dependencies.js';
import type { Chain, Run } from './ports/sagas.js';
import { type Caller, LeaseLost } from './ports.js';
import { spendTokenOf } from './spendToken.js';
import { answerBy, inTime } from './waiting.js';

/** A chain that a person's call began. */
interface Begun<Subject> {
  readonly chain: Chain<Subject>;
  readonly run: Run<Subject>;
  /** Forgets it because its price was refused, or (null) could not be asked for. @returns what the call is answered with */
  readonly dismiss: (refusal: Refusal | null) => Promise<Refusal | null>;
}

/**
 * Runs a chain within the call that began it, until it has ended, is handed over, or the answer is due; then it goes on in
 * the background. @returns the refusal of its price
 * @throws what the first remote call threw, where that was the caller's fault
 */
export function serveChain<Subject>(
  deps: Pick<Dependencies, 'peers' | 'keepInSight'>,
  caller: Caller,
  begun: Begun<Subject>,
): Promise<Refusal | null> {
  const work = runAndSettle(deps, caller, begun);
  deps.keepInSight(work);
  return inTime(work, answerBy(caller), null);
}

async function runAndSettle<Subject>(
  deps: Pick<Dependencies, 'peers'>,
  caller: Caller,
  { chain, run, dismiss }: Begun<Subject>,
): Promise<Refusal | null> {
  const { requestId, clientIp, userAgent } = caller;
  try {
    const trace = { requestId, clientIp, userAgent };
    const end = await chain.run(run, { trace, spendToken: spendTokenOf(deps, caller) });
    if (end.kind === 'REFUSED') return await dismiss(end.refusal);
    if (end.kind === 'FAULTED') {
      await dismiss(null);
      throw end.error;
    }
    return null;
  } catch (error) {
    // Whoever has taken over brings it to its end.
    if (error instanceof LeaseLost) return null;
    throw error;
  }
}
