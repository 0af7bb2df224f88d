import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import type { Checkpoint } from '../domain/checkpoint.js';
import type { Checkpoints } from './ports.js';

/** The newest checkpoint, for operators; null before the first. @throws Fault UNAUTHENTICATED, FORBIDDEN */
export const makeFindCheckpoint =
  ({ checkpoints }: { readonly checkpoints: Checkpoints }) =>
  async (viewer: Viewer): Promise<Checkpoint | null> => {
    requireOperator(viewer);
    const [newest] = await checkpoints.newest(1);
    return newest ?? null;
  };
