import { z } from 'zod';
import { closeWindow } from '../usecases/closeWindow.js';
import type { Dependencies } from '../usecases/dependencies.js';
import { runUnattended } from './runUnattended.js';

const payloadSchema = z.object({ grantId: z.string() });

/** The task that ends a grant whose window is over. Should it die, the chain that it began is resumed. */
export const closeWindowTask =
  (deps: Pick<Dependencies, 'database' | 'clock' | 'chains'>) =>
  async (payload: unknown): Promise<void> => {
    const { grantId } = payloadSchema.parse(payload);
    const begun = await closeWindow(deps, grantId);
    if (begun !== null) await runUnattended(deps.chains.endGrant, begun);
  };
