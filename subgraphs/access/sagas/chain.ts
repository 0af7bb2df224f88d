import type { Chain, SagaJournal } from '../usecases/ports/sagas.js';
import { type RunTools, runSaga } from './runSaga.js';
import type { Saga } from './saga.js';

/** A saga with its journal and tools: what use cases and tasks run. */
export const makeChain = <Subject, Facts>(
  saga: Saga<Subject, Facts>,
  journal: SagaJournal<Subject, Facts>,
  tools: RunTools,
): Chain<Subject> => ({
  plan: saga,
  run: (run, call) => runSaga(saga, journal, run, { ...tools, ...call }),
});
