import { type Fault, unavailable } from '../platform/kernel/faults.js';
import type { ServiceSettings } from '../platform/server/settings.js';
import type { GatewayContext } from './context.js';
import { askSubgraph } from './subgraphSource.js';

/**
 * Has a request's token verified where no subgraph was asked that would have done so.
 * @returns why the operation is refused, or null
 */
export type TokenCheck = (context: GatewayContext) => Promise<Fault | null>;

/** Makes a check that asks identity once. Where identity does not answer, the token is not taken for good. */
export function tokenCheck(settings: ServiceSettings): TokenCheck {
  return async (context) => {
    if (context.token === null || context.verdict.asked) return null;
    try {
      await askSubgraph('identity', settings, { query: '{ viewer { scopes } }' }, context);
      return null;
    } catch {
      // What went wrong was logged where it happened.
      return context.verdict.refusal ?? unavailable('identity');
    }
  };
}
