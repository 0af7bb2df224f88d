import { z } from 'zod';
import type { Chain, SagaJournal } from '../usecases/ports/sagas.js';
import { LeaseLost, type SagaName, sagaNames } from '../usecases/ports.js';

const payloadSchema = z.object({
  saga: z.enum(sagaNames),
  id: z.string(),
});

/** A saga that can be taken up where another runner left it. */
type Resumable = (id: string) => Promise<void>;

/** Takes a saga up, unless another runner has it. What the runner that began it had of the person's call is gone. */
export const resumable =
  <Subject, Facts>(chain: Chain<Subject>, journal: SagaJournal<Subject, Facts>): Resumable =>
  async (id) => {
    const run = await journal.claim(id);
    if (run === null) return;
    try {
      await chain.run(run, { trace: { requestId: id, clientIp: '', userAgent: 'tollgate-access' }, spendToken: null });
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    }
  };

/** The task that resumes sagas. */
export function resumeSaga(sagas: Readonly<Record<SagaName, Resumable>>): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const { saga, id } = payloadSchema.parse(payload);
    await sagas[saga](id);
  };
}
