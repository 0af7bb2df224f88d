import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { changePerson } from './changePerson.js';
import type { Ports } from './ports.js';

/** Input of `enableUser`. */
interface EnableUserInput {
  readonly userId: string;
}

/**
 * For operators: opens a closed account again. What ended with it stays ended: the person logs in anew. To open one that
 * is open is no error and changes nothing. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (also an erased person).
 */
export const enableUser =
  (ports: Ports) =>
  (input: EnableUserInput, call: Call): Promise<Result<User, Refusal>> =>
    changePerson(ports, call, { action: 'enableUser', userId: input.userId }, async ({ stores, user }) => {
      if (user.username === null) throw notFound('user');
      if (user.status !== 'DISABLED') return ok(null);
      await stores.users.enable(user.id);
      return ok([{ kind: 'USER', subject: user.id, state: 'ACTIVE', data: { operator: false } }]);
    });
