import { z } from 'zod';
import type { Chain, SagaJournal } from '../usecases/ports/sagas.js';
import { type SagaName, sagaNames } from '../usecases/ports.js';
import { runUnattended } from './runUnattended.js';

const payloadSchema = z.object({
  saga: z.enum(sagaNames),
  id: z.string(),
});

/** A saga that can be taken up where another runner left it. */
type Resumable = (id: string) => Promise<void>;

/** Takes a saga up, unless another runner has it. */
export const resumable =
  <Subject, Facts>(chain: Chain<Subject>, journal: SagaJournal<Subject, Facts>): Resumable =>
  async (id) => {
    const run = await journal.claim(id);
    if (run !== null) await runUnattended(chain, run);
  };

/** The task that resumes sagas. */
export function resumeSaga(sagas: Readonly<Record<SagaName, Resumable>>): (payload: unknown) => Promise<void> {
  return async (payload) => {
    const { saga, id } = payloadSchema.parse(payload);
    await sagas[saga](id);
  };
}
