import { z } from 'zod';
import type { Chain, SagaJournal } from '../usecases/ports/sagas.js';
import type { SagaName } from '../usecases/ports.js';
import { LeaseLost } from '../usecases/ports.js';

const payloadSchema = z.object({
  saga: z.enum(['requestAccess', 'reviewedAccess', 'extendGrant', 'endGrant']),
  id: z.string(),
});

/** A saga that can be taken up where another runner left it. */
type Resumable = (id: string) => Promise<Date | null>;

/**
 * Takes a saga up. What the runner that began it had of the person's call is gone.
 * @returns when to look again, where another runner is at it; else null
 */
export const resumable =
  <Subject, Facts>(chain: Chain<Subject>, journal: SagaJournal<Subject, Facts>): Resumable =>
  async (id) => {
    const run = await journal.claim(id);
    if (run === null) return null;
    if ('busyUntil' in run) return run.busyUntil;
    try {
      await chain.run(run, { trace: { requestId: id, clientIp: '', userAgent: 'tollgate-access' }, spendToken: null });
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    }
    return null;
  };

/** The task that resumes sagas. @param lookAgain enqueues this task anew */
export function resumeSaga(
  sagas: Readonly<Record<SagaName, Resumable>>,
  lookAgain: (saga: SagaName, id: string, at: Date) => Promise<void>,
): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const { saga, id } = payloadSchema.parse(payload);
    const busyUntil = await sagas[saga](id);
    if (busyUntil !== null) await lookAgain(saga, id, busyUntil);
  };
}
