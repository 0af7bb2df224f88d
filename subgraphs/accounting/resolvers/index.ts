import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { Account } from './Account.js';
import { Adjustment } from './Adjustment.js';
import { Budget } from './Budget.js';
import { ChargeTotal } from './ChargeTotal.js';
import { ClusterBalance } from './ClusterBalance.js';
import { Group } from './Group.js';
import { Hold } from './Hold.js';
import { InsufficientFunds } from './InsufficientFunds.js';
import { Invoice } from './Invoice.js';
import { InvoiceLine } from './InvoiceLine.js';
import { abandonEscrow } from './Mutation/abandonEscrow.js';
import { abandonExtension } from './Mutation/abandonExtension.js';
import { approveAdjustment } from './Mutation/approveAdjustment.js';
import { captureHold } from './Mutation/captureHold.js';
import { closeAccount } from './Mutation/closeAccount.js';
import { closeEscrow } from './Mutation/closeEscrow.js';
import { deposit } from './Mutation/deposit.js';
import { extendEscrow } from './Mutation/extendEscrow.js';
import { extendHold } from './Mutation/extendHold.js';
import { freezeAccount } from './Mutation/freezeAccount.js';
import { issueInvoice } from './Mutation/issueInvoice.js';
import { issuePrepayment } from './Mutation/issuePrepayment.js';
import { openAccount } from './Mutation/openAccount.js';
import { openEscrow } from './Mutation/openEscrow.js';
import { payInvoice } from './Mutation/payInvoice.js';
import { payUsage } from './Mutation/payUsage.js';
import { placeHold } from './Mutation/placeHold.js';
import { proposeAdjustment } from './Mutation/proposeAdjustment.js';
import { publishRates } from './Mutation/publishRates.js';
import { recordUsage } from './Mutation/recordUsage.js';
import { rejectAdjustment } from './Mutation/rejectAdjustment.js';
import { releaseHold } from './Mutation/releaseHold.js';
import { reverseTransfer } from './Mutation/reverseTransfer.js';
import { setBudget } from './Mutation/setBudget.js';
import { setMemberCap } from './Mutation/setMemberCap.js';
import { setOverdraftLimit } from './Mutation/setOverdraftLimit.js';
import { transfer as transferMutation } from './Mutation/transfer.js';
import { transferBatch } from './Mutation/transferBatch.js';
import { unfreezeAccount } from './Mutation/unfreezeAccount.js';
import { voidInvoice } from './Mutation/voidInvoice.js';
import { voidPrepayment } from './Mutation/voidPrepayment.js';
import { payloads } from './payloads.js';
import { account } from './Query/account.js';
import { adjustment } from './Query/adjustment.js';
import { adjustments } from './Query/adjustments.js';
import { charges } from './Query/charges.js';
import { clusterBalances } from './Query/clusterBalances.js';
import { hold } from './Query/hold.js';
import { invoice } from './Query/invoice.js';
import { latestCheckpoint } from './Query/latestCheckpoint.js';
import { rateCard } from './Query/rateCard.js';
import { reconcileUsage } from './Query/reconcileUsage.js';
import { transfer } from './Query/transfer.js';
import { usage } from './Query/usage.js';
import { usageDays } from './Query/usageDays.js';
import { usageTotals } from './Query/usageTotals.js';
import { usageUploadUrl } from './Query/usageUploadUrl.js';
import { verifyLedger } from './Query/verifyLedger.js';
import { RateCard } from './RateCard.js';
import { Receipt } from './Receipt.js';
import { Statement } from './Statement.js';
import { Transfer } from './Transfer.js';
import { UsageRecord } from './UsageRecord.js';
import { UsageRecordConnection } from './UsageRecordConnection.js';
import { UsageTotal } from './UsageTotal.js';
import { User } from './User.js';

/** Accounting's resolvers. */
export const resolvers = {
  Query: {
    account,
    transfer,
    invoice,
    hold,
    verifyLedger,
    latestCheckpoint,
    rateCard,
    usage,
    usageDays,
    usageTotals,
    charges,
    clusterBalances,
    adjustment,
    adjustments,
    usageUploadUrl,
    reconcileUsage,
  },
  Mutation: {
    openAccount,
    deposit,
    transfer: transferMutation,
    placeHold,
    captureHold,
    releaseHold,
    extendHold,
    reverseTransfer,
    transferBatch,
    setOverdraftLimit,
    freezeAccount,
    unfreezeAccount,
    closeAccount,
    openEscrow,
    issuePrepayment,
    voidPrepayment,
    abandonEscrow,
    extendEscrow,
    abandonExtension,
    closeEscrow,
    publishRates,
    recordUsage,
    issueInvoice,
    voidInvoice,
    payInvoice,
    payUsage,
    setBudget,
    setMemberCap,
    proposeAdjustment,
    approveAdjustment,
    rejectAdjustment,
  },
  Account,
  Adjustment,
  Budget,
  ChargeTotal,
  ClusterBalance,
  Group,
  Hold,
  InsufficientFunds,
  Invoice,
  InvoiceLine,
  RateCard,
  Receipt,
  Statement,
  Transfer,
  UsageRecord,
  UsageRecordConnection,
  UsageTotal,
  User,
  ...payloads,
} satisfies Partial<RequiredResolvers<Resolvers>>;
