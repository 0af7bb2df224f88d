import { notFound } from '../../../platform/kernel/faults.js';
import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { changePerson } from './changePerson.js';
import type { Ports } from './ports.js';

/** Input of `setOperator`. */
interface SetOperatorInput {
  readonly userId: string;
  readonly operator: boolean;
}

/**
 * For operators: makes an ACTIVE person an operator, or an operator an ordinary person. What is so already is no error.
 * Refusals: LAST_OPERATOR. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND (also for who is not ACTIVE).
 */
export const setOperator =
  (ports: Ports) =>
  (input: SetOperatorInput, call: Call): Promise<Result<User, Refusal>> =>
    changePerson(ports, call, { action: 'setOperator', ...input }, async ({ stores, user }) => {
      if (user.status !== 'ACTIVE') throw notFound('active user');
      const { operator } = input;
      if (user.operator === operator) return ok(null);
      if (!operator && !(await stores.users.hasOtherOperator(user.id))) {
        return err(refused('LAST_OPERATOR', 'No operator would be left. Make somebody else one first.'));
      }
      await stores.users.setOperator(user.id, operator);
      return ok([{ kind: 'USER', subject: user.id, state: 'ACTIVE', data: { operator } }]);
    });
