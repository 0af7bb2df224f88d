import { makeAbandonEscrow } from './usecases/abandonEscrow.js';
import { makeAbandonExtension } from './usecases/abandonExtension.js';
import { makeApproveAdjustment } from './usecases/approveAdjustment.js';
import { makeCaptureHold } from './usecases/captureHold.js';
import { makeCloseAccount } from './usecases/closeAccount.js';
import { makeCloseEscrow } from './usecases/closeEscrow.js';
import type { Dependencies } from './usecases/dependencies.js';
import { makeDeposit } from './usecases/deposit.js';
import { makeExportJournal } from './usecases/exportJournal.js';
import { makeExportStatement } from './usecases/exportStatement.js';
import { makeExtendEscrow } from './usecases/extendEscrow.js';
import { makeExtendHold } from './usecases/extendHold.js';
import { findAccount, getAccount, reveal } from './usecases/findAccount.js';
import { findAdjustment } from './usecases/findAdjustment.js';
import { makeFindCheckpoint } from './usecases/findCheckpoint.js';
import { findHold, getHold } from './usecases/findHold.js';
import { findInvoice, getInvoice } from './usecases/findInvoice.js';
import { makeFindRateCard } from './usecases/findRateCard.js';
import { findReceipt } from './usecases/findReceipt.js';
import { findTransfer, getTransfer } from './usecases/findTransfer.js';
import { makeFreezeAccount } from './usecases/freezeAccount.js';
import { makeIssueInvoice } from './usecases/issueInvoice.js';
import { makeIssuePrepayment } from './usecases/issuePrepayment.js';
import { listAccounts } from './usecases/listAccounts.js';
import { makeListAdjustments } from './usecases/listAdjustments.js';
import { listBudgets } from './usecases/listBudgets.js';
import { makeListClusterBalances } from './usecases/listClusterBalances.js';
import { listCrossings } from './usecases/listCrossings.js';
import { listEntries } from './usecases/listEntries.js';
import { listHolds } from './usecases/listHolds.js';
import { listMemberCaps, readDefaultCap } from './usecases/listMemberCaps.js';
import { listStatementEntries } from './usecases/listStatementEntries.js';
import { makeListUsage } from './usecases/listUsage.js';
import { makeLocateUsageUpload } from './usecases/locateUsageUpload.js';
import { makeOpenAccount } from './usecases/openAccount.js';
import { makeOpenEscrow } from './usecases/openEscrow.js';
import { makePayInvoice } from './usecases/payInvoice.js';
import { makePayUsage } from './usecases/payUsage.js';
import { makePlaceHold } from './usecases/placeHold.js';
import { makeProposeAdjustment } from './usecases/proposeAdjustment.js';
import { makeProveReceipt } from './usecases/proveReceipt.js';
import { makePublishRates } from './usecases/publishRates.js';
import { readBalance } from './usecases/readBalance.js';
import { readBalanceAt } from './usecases/readBalanceAt.js';
import { readStatement } from './usecases/readStatement.js';
import { makeReconcileUsage } from './usecases/reconcileUsage.js';
import { makeRecordUsage } from './usecases/recordUsage.js';
import { makeRejectAdjustment } from './usecases/rejectAdjustment.js';
import { makeReleaseHold } from './usecases/releaseHold.js';
import { makeReverseTransfer } from './usecases/reverseTransfer.js';
import { makeSetBudget } from './usecases/setBudget.js';
import { makeSetMemberCap } from './usecases/setMemberCap.js';
import { makeSetOverdraftLimit } from './usecases/setOverdraftLimit.js';
import { makeSignCheckpoint } from './usecases/signCheckpoint.js';
import { makeStreamUsage } from './usecases/streamUsage.js';
import { makeExportCharges, makeSumCharges } from './usecases/sumCharges.js';
import { makeSumUsage } from './usecases/sumUsage.js';
import { makeSumUsageDays } from './usecases/sumUsageDays.js';
import { makeTransfer } from './usecases/transfer.js';
import { makeTransferBatch } from './usecases/transferBatch.js';
import { makeUnfreezeAccount } from './usecases/unfreezeAccount.js';
import { makeVerifyLedger } from './usecases/verifyLedger.js';
import { makeVoidInvoice } from './usecases/voidInvoice.js';
import { makeVoidPrepayment } from './usecases/voidPrepayment.js';

/** Everything that accounting does for a request. */
export type UseCases = ReturnType<typeof makeUseCases>;

/** Puts accounting together: its use cases on the given ports. */
export function makeUseCases(dependencies: Dependencies) {
  return {
    openAccount: makeOpenAccount(dependencies),
    deposit: makeDeposit(dependencies),
    transfer: makeTransfer(dependencies),
    placeHold: makePlaceHold(dependencies),
    captureHold: makeCaptureHold(dependencies),
    releaseHold: makeReleaseHold(dependencies),
    extendHold: makeExtendHold(dependencies),
    reverseTransfer: makeReverseTransfer(dependencies),
    transferBatch: makeTransferBatch(dependencies),
    setOverdraftLimit: makeSetOverdraftLimit(dependencies),
    freezeAccount: makeFreezeAccount(dependencies),
    unfreezeAccount: makeUnfreezeAccount(dependencies),
    closeAccount: makeCloseAccount(dependencies),
    setBudget: makeSetBudget(dependencies),
    setMemberCap: makeSetMemberCap(dependencies),
    proposeAdjustment: makeProposeAdjustment(dependencies),
    approveAdjustment: makeApproveAdjustment(dependencies),
    rejectAdjustment: makeRejectAdjustment(dependencies),
    listAdjustments: makeListAdjustments(dependencies),
    payUsage: makePayUsage(dependencies),
    openEscrow: makeOpenEscrow(dependencies),
    abandonEscrow: makeAbandonEscrow(dependencies),
    extendEscrow: makeExtendEscrow(dependencies),
    abandonExtension: makeAbandonExtension(dependencies),
    issuePrepayment: makeIssuePrepayment(dependencies),
    voidPrepayment: makeVoidPrepayment(dependencies),
    closeEscrow: makeCloseEscrow(dependencies),
    issueInvoice: makeIssueInvoice(dependencies),
    voidInvoice: makeVoidInvoice(dependencies),
    payInvoice: makePayInvoice(dependencies),
    verifyLedger: makeVerifyLedger(dependencies),
    proveReceipt: makeProveReceipt(dependencies),
    publishRates: makePublishRates(dependencies),
    recordUsage: makeRecordUsage(dependencies),
    streamUsage: makeStreamUsage(dependencies),
    locateUsageUpload: makeLocateUsageUpload(dependencies),
    listUsage: makeListUsage(dependencies),
    reconcileUsage: makeReconcileUsage(dependencies),
    sumUsageDays: makeSumUsageDays(dependencies),
    sumUsage: makeSumUsage(dependencies),
    listClusterBalances: makeListClusterBalances(dependencies),
    sumCharges: makeSumCharges(dependencies),
    exportCharges: makeExportCharges(dependencies),
    findRateCard: makeFindRateCard(dependencies),
    exportStatement: makeExportStatement(dependencies),
    exportJournal: makeExportJournal(dependencies),
    signCheckpoint: makeSignCheckpoint(dependencies),
    findCheckpoint: makeFindCheckpoint(dependencies),
    findAccount,
    getAccount,
    reveal,
    readBalance,
    readBalanceAt,
    readStatement,
    listStatementEntries,
    listAccounts,
    listBudgets,
    listMemberCaps,
    readDefaultCap,
    listCrossings,
    findAdjustment,
    listEntries,
    listHolds,
    findHold,
    getHold,
    findTransfer,
    getTransfer,
    findInvoice,
    getInvoice,
    findReceipt,
  };
}
