import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { User } from '../domain/user.js';
import type { Call } from './call.js';
import { changePerson } from './changePerson.js';
import { closeAccount } from './closeAccount.js';
import type { Ports } from './ports.js';

/** Input of `disableUser`. */
interface DisableUserInput {
  readonly userId: string;
}

/**
 * For operators: closes a person's account. Sessions, keys and mandates end, an operator is one no more, and every service
 * refuses the person within a second, by the feed. Grants stay, and jobs that run go on. To close it again is no error
 * and changes nothing. Refusals: NOT_ONESELF. Faults: UNAUTHENTICATED, FORBIDDEN, NOT_FOUND.
 * The caller is an operator who stays one, so that the last one is never closed.
 */
export const disableUser =
  (ports: Ports) =>
  (input: DisableUserInput, call: Call): Promise<Result<User, Refusal>> =>
    changePerson(
      ports,
      call,
      { action: 'disableUser', userId: input.userId },
      async ({ stores, operator, user, now }) => {
        if (user.id === operator.userId) {
          return err(refused('NOT_ONESELF', 'Nobody closes their own account. Ask another operator.'));
        }
        return ok(await closeAccount(stores, user.id, 'OPERATOR', now));
      },
    );
