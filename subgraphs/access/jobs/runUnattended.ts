import type { Chain, Run } from '../usecases/ports/sagas.js';
import { LeaseLost } from '../usecases/ports.js';

/**
 * Runs a chain that no person's call waits for, as far as it gets; what its first runner had of one is gone. A lease that was
 * lost is no error: whoever has taken over brings the chain to its end.
 */
export async function runUnattended<Subject>(chain: Chain<Subject>, run: Run<Subject>): Promise<void> {
  const trace = { requestId: run.id, clientIp: '', userAgent: 'tollgate-access' };
  try {
    await chain.run(run, { trace, spendToken: null });
  } catch (error) {
    if (!(error instanceof LeaseLost)) throw error;
  }
}
