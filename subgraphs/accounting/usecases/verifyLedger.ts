import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import type { Journal, Verification } from './ports.js';

/** Recomputes chain and balances. @throws Fault UNAUTHENTICATED, FORBIDDEN for whoever is not an operator */
export const makeVerifyLedger =
  ({ journal }: { readonly journal: Journal }) =>
  async (viewer: Viewer): Promise<Verification & { readonly sound: boolean }> => {
    requireOperator(viewer);
    const found = await journal.verify();
    return { ...found, sound: found.brokenAt === null };
  };
