import { z } from 'zod';
import { closeWindow } from '../usecases/closeWindow.js';
import type { Dependencies } from '../usecases/dependencies.js';
import { LeaseLost } from '../usecases/ports.js';

const payloadSchema = z.object({ grantId: z.string() });

/** The task that ends a grant whose window is over. Should it die, the chain that it began is resumed. */
export const closeWindowTask =
  (deps: Pick<Dependencies, 'database' | 'clock' | 'chains'>) =>
  async (payload: unknown): Promise<void> => {
    const { grantId } = payloadSchema.parse(payload);
    const begun = await closeWindow(deps, grantId);
    if (begun === null) return;
    const trace = { requestId: grantId, clientIp: '', userAgent: 'tollgate-access' };
    try {
      await deps.chains.endGrant.run(begun, { trace, spendToken: null });
    } catch (error) {
      if (!(error instanceof LeaseLost)) throw error;
    }
  };
