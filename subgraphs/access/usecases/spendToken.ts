import type { Dependencies } from './dependencies.js';
import type { SpendToken } from './ports/sagas.js';
import type { Caller } from './ports.js';

/** A narrower token for one spend of the caller's; asked for once, since it outlives all tries of the step. */
export function spendTokenOf({ peers }: Pick<Dependencies, 'peers'>, caller: Caller): SpendToken {
  let exchanged: Promise<string> | null = null;
  return (call) => {
    exchanged ??= peers.identity
      .exchangeToken({ token: caller.token ?? '', audience: 'accounting', scopes: ['accounting:spend'] }, call)
      .catch((error: unknown) => {
        exchanged = null;
        throw error;
      });
    return exchanged;
  };
}
