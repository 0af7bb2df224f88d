import { requireOperator, type Viewer } from '../../../platform/auth/viewer.js';
import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import type { Adjustment, AdjustmentStatus } from '../domain/adjustment.js';
import type { Adjustments } from './ports/adjustments.js';

/** Adjustments, newest first, for operators. @throws Fault UNAUTHENTICATED, FORBIDDEN, BAD_USER_INPUT */
export const makeListAdjustments =
  ({ adjustments }: { readonly adjustments: Adjustments }) =>
  async (
    viewer: Viewer,
    args: PageArguments & { readonly status?: AdjustmentStatus | null | undefined },
  ): Promise<Connection<Adjustment>> => {
    requireOperator(viewer);
    const page = parsePage(args, 1);
    return toConnection(await adjustments.page(args.status ?? null, page), page, ({ id }) => [id]);
  };
