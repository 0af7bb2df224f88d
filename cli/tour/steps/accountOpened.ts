import { fault, mutationDocument, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';

/**
 * A person opens an account in CREDIT, one for all tours; without a token nobody can.
 * @returns the account's id
 */
export async function accountOpened(stage: Stage, username: string, userId: string, token: string): Promise<string> {
  const input = {
    idempotencyKey: `tour-account-${userId}`,
    owner: { userId },
    name: 'Research money',
    unit: 'CREDIT',
  };
  const anonymous = await fault(stage, mutationDocument('openAccount', 'account { id }'), { input }, null);
  expected(anonymous.extensions.code === 'UNAUTHENTICATED', `Without a token: ${anonymous.extensions.code}.`);
  const { account } = await succeed<{ account: { id: string } }>(stage, 'openAccount', input, 'account { id }', token);
  stage.narrate(`"${username}" opened the account ${account.id}. Without a token the answer is UNAUTHENTICATED.`);
  return account.id;
}
