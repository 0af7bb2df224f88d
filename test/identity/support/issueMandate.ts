import { newId } from '../../../platform/kernel/ids.js';
import type { IdentityHarness } from './identityHarness.js';
import { idOf, mutate } from './mutate.js';

/** Gives some mandate in the bearer's name; its id. */
export async function issueMandate(identity: IdentityHarness, token: string): Promise<string> {
  const input = {
    idempotencyKey: newId('audit'),
    accountId: newId('account'),
    payee: newId('account'),
    resource: 'x',
    maximum: { amount: '1', unit: 'CREDIT' },
    expiresAt: new Date(identity.clock.now().getTime() + 3_600_000).toISOString(),
  };
  return idOf(await mutate(identity, 'issueMandate', input, 'mandate { id }', token), 'mandate');
}
