import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Adjustment } from '../domain/adjustment.js';
import type { Loaders } from './loaders.js';

/** An adjustment, for operators. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND */
export async function findAdjustment(viewer: Viewer, id: string, loaders: Loaders): Promise<Adjustment> {
  requireOperator(viewer);
  const adjustment = await loaders.adjustment.load(id);
  if (adjustment === null) throw notFound('adjustment');
  return adjustment;
}
