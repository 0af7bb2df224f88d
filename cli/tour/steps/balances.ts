import { parseMicros } from '../../../platform/kernel/money.js';
import { type Money, query } from '../graph.js';
import { expected, type Stage } from '../stage.js';

/** An amount of the graph in millionths. */
export function micros(money: Money): bigint {
  const parsed = parseMicros(money.amount, []);
  expected(parsed.ok, `The graph wrote an amount that is none: ${money.amount}.`);
  return parsed.value;
}

/** What is posted to an account, in millionths. */
export async function postedMicros(stage: Stage, accountId: string, token: string): Promise<bigint> {
  const { account } = await query<{ account: { balance: { posted: Money } } }>(
    stage,
    'query Posted($id: ID!) { account(id: $id) { balance { posted { amount unit } } } }',
    { id: accountId },
    token,
  );
  return micros(account.balance.posted);
}
