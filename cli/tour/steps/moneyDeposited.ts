import { succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import { micros, postedMicros } from './balances.js';

/** The operator deposits an amount of CREDIT. @param amount a Decimal, for example '100' */
export async function moneyDeposited(
  stage: Stage,
  accountId: string,
  amount: string,
  operatorToken: string,
): Promise<void> {
  const before = await postedMicros(stage, accountId, operatorToken);
  await succeed(
    stage,
    'deposit',
    {
      idempotencyKey: `${stage.run}-deposit`,
      accountId,
      amount: { amount, unit: 'CREDIT' },
      description: 'A grant from the foundation',
    },
    'transfer { id sequence entryHash }',
    operatorToken,
  );
  const after = await postedMicros(stage, accountId, operatorToken);
  expected(after - before === micros({ amount, unit: 'CREDIT' }), `The deposit of ${amount} CREDIT did not arrive.`);
  stage.narrate(`The operator deposited ${amount} CREDIT.`);
}
