import { wellKnown } from '../../platform/kernel/wellKnown.js';
import type { Stage } from './stage.js';
import { accessRequested } from './steps/accessRequested.js';
import { accountOpened } from './steps/accountOpened.js';
import { micros } from './steps/balances.js';
import { booksBalanced, ledgerVerified } from './steps/booksBalanced.js';
import { fileUploaded } from './steps/fileUploaded.js';
import { grantEnded } from './steps/grantEnded.js';
import { jobRun, operatorFileKept } from './steps/jobRun.js';
import { moneyDeposited } from './steps/moneyDeposited.js';
import { type OperatorCredentials, operatorLogsIn } from './steps/operatorLogsIn.js';
import { anothersAccountHidden, tokenDiesWithSession, tooLittleMoney } from './steps/refusals.js';
import { researcherLogsIn } from './steps/researcherLogsIn.js';
import { researcherRegisters } from './steps/researcherRegisters.js';
import { userIdOf } from './steps/userIdOf.js';

const DEPOSIT = '100';

/**
 * The whole story of Tollgate, from log-in to the last receipt.
 * @param home TOLLGATE_HOME, whose operator.json a job tries to read
 * @throws TourFailure where a step is not as expected
 */
export async function playStory(stage: Stage, operator: OperatorCredentials, home: string): Promise<void> {
  const operatorToken = await operatorLogsIn(stage, operator);
  const researcher = await researcherRegisters(stage);
  const token = await researcherLogsIn(stage, researcher);
  const accountId = await accountOpened(stage, researcher.username, researcher.userId, token);
  await moneyDeposited(stage, accountId, DEPOSIT, operatorToken);

  const wish = { accountId, quantity: '1', days: 30 };
  const storage = await accessRequested(stage, { ...wish, kind: 'STORAGE', name: 'Sample data' }, token);
  const file = await fileUploaded(stage, String(storage.driveId), token);
  const compute = await accessRequested(stage, { ...wish, kind: 'COMPUTE', name: 'Checksums' }, token);
  await jobRun(stage, compute, file, token);
  const books = {
    accountId,
    escrowIds: [storage.escrowId, compute.escrowId],
    revenueId: wellKnown.accountRevenueLocal,
    depositedMicros: micros({ amount: DEPOSIT, unit: wellKnown.unit }),
  };
  await booksBalanced(stage, books, operatorToken);

  await tooLittleMoney(stage, accountId, token);
  const operatorId = await userIdOf(stage, operatorToken);
  const operatorsAccountId = await accountOpened(stage, operator.username, operatorId, operatorToken);
  await anothersAccountHidden(stage, operatorsAccountId, token);
  await operatorFileKept(stage, compute, home, operator.totpSecret, token);

  await grantEnded(stage, storage, accountId, token);
  await grantEnded(stage, compute, accountId, token);
  await booksBalanced(stage, books, operatorToken);
  await ledgerVerified(stage, operatorToken);
  await tokenDiesWithSession(stage, token);
}
