/** Refusals of the accounting service. */
export const accountingRefusals = {
  INSUFFICIENT_FUNDS:
    'The account cannot cover the amount; `shortfall` says how much is missing. Pay in, or ask for less.',
  AMOUNT_NOT_POSITIVE: 'An amount must be greater than zero. Send a positive one.',
  AMOUNT_TOO_PRECISE: 'An amount has at most six decimal places; it is never rounded. Round it yourself.',
  AMOUNT_TOO_LARGE: 'The amount is above the limit of one transaction, or a balance would leave its range. Split it.',
  ACCOUNTS_MUST_DIFFER: 'Debit and credit are the same account. Name another.',
  UNIT_MISMATCH: 'The amount and the accounts are not all of one unit. Use an account in the unit of the price.',
  UNIT_UNKNOWN: 'There is no unit of this name. Name one that accounts have.',
  ACCOUNT_FROZEN: 'The account is frozen. Ask an operator.',
  ACCOUNT_CLOSED: 'The account is closed. Use another.',
  HOLD_EXPIRED: 'The time of the hold has run out; the money is free again. Begin again.',
  HOLD_NOT_OPEN: 'The hold is captured or released already. Look at its status.',
  CAPTURE_EXCEEDS_HOLD: 'More is asked for than the hold still reserves. Ask for at most that.',
  ACCOUNT_NOT_EMPTY: 'A balance, open holds or the escrow of a live grant stand in the way. Settle them first.',
  USAGE_OWED:
    'Use is owed on the account, or money for corrected use to it; the message says how much. Pay it with payUsage or have it waived; have the provider pay in what it owes.',
  USAGE_NOT_OWED: 'The account owes nothing for use any more.',
  ADJUSTMENT_DECIDED: 'The adjustment is approved or rejected already.',
  ADJUSTMENT_EXPIRED: 'The time to decide about the adjustment is over. Propose it anew.',
  ADJUSTMENT_OWN:
    'Nobody approves what they proposed, or what comes to themselves or their group. Ask another operator.',
  ACCOUNT_KIND_FIXED: 'This is not done to an account of that kind: escrows end with their grants.',
  OVERDRAFT_IN_USE: 'The account uses more of its overdraft than that already.',
  HOLD_NOT_LOWERED: 'A hold is extended to more than it reserves, never to less. Capture a part, or release it.',
  REVERSAL_EXCEEDS_TRANSFER: 'More is asked back than the transfer moved, less what is reversed already.',
  ALREADY_REVERSED: 'The transfer is reversed in full already.',
  TRANSFER_NOT_REVERSIBLE: 'A reversal, a refund, and what filled an escrow are not reversed.',
  BATCH_TOO_LARGE: 'A batch has at most 1,000 items. Send several.',
  LINKED_FAILED: 'Not done, because another item of the linked batch was refused; `path` leads to it.',
  EFFECTIVE_AT_OUT_OF_RANGE: 'effectiveAt must not be in the future, and lies at most 366 days back.',
  ACCOUNT_TAKES_NO_TRANSFERS:
    'An escrow is filled through its grant alone, and ISSUANCE accounts are not paid. Extend the grant, or name another account.',
  ALREADY_INVOICED: 'The hold has an invoice already. Look at that one.',
  INVOICE_VOID: 'The invoice is withdrawn.',
  INVOICE_SETTLED_ELSEWHERE:
    'A credit note, or the invoice of a request for access, is settled with the request alone.',
  INVOICE_PAID: 'The invoice is paid already.',
  ESCROW_EXISTS: 'The grant has an escrow already. Look at that one.',
  ESCROW_ABANDONED: 'The chain that the escrow was for is undone. Begin again.',
  ESCROW_WRONG_PAYEE:
    'An escrow pays its own provider, on a REVENUE account, and nobody else. Tell the provider of the offer.',
  EARNED_OUT_OF_RANGE: 'What was earned is less than what is posted already, or more than the escrow has.',
  RATES_OVERLAP: 'The cluster has rates that begin then or later. Choose a later validFrom.',
  RATES_IN_PAST:
    'Rates do not begin in the past, where use is priced already; the first of a cluster at most 366 days ago.',
  RATES_MISSING: 'The cluster had no rates when this was used. Have them published, then send it again.',
  USAGE_RESOURCE_UNKNOWN: 'The rates that were in force do not name this resource.',
  USAGE_PAYER_UNKNOWN: 'There is no such user, group or account, or it has no open account in the unit of the rates.',
  USAGE_ACCOUNT_MISMATCH:
    'The account is not of that user or group, or of a kind or unit that pays no use of this cluster.',
  USAGE_IN_FUTURE: 'What is not over yet was not used yet. Send it when it has ended, or its part so far as a segment.',
  USAGE_PERIOD_INVALID: 'The use ends before it begins, or lasted longer than 31 days. Send it in segments.',
  USAGE_NEGATIVE: 'A count, segment or revision is below zero.',
  USAGE_TOO_LARGE: 'A count is larger than can be kept. Send the use in segments.',
  USAGE_CONFLICT:
    'Something else is recorded under this externalId and segment. To correct it, send the record with a higher revision.',
  USAGE_PAYER_CHANGED: 'A correction does not change who pays. Correct the counts to zero and record the use anew.',
  DRIVE_TAKES_NO_CAP:
    'A drive is paid in advance and shared, so that members spend nothing of it. Ask for a drive for the member instead.',
  OUTSIDE_WINDOW:
    'The escrow may not be spent now: its window has not begun or is over. Wait for it, or extend the grant before it ends.',
  MANDATE_EXPIRED: 'The time of the mandate is over. Ask the payer for another.',
  MANDATE_REVOKED: 'The mandate was withdrawn, or who gave it may not spend from the account (any more).',
  MANDATE_EXHAUSTED: 'The mandate is used up, or has less left than the amount.',
  MANDATE_WRONG_PAYEE: 'The mandate is for another payee.',
  MANDATE_WRONG_RESOURCE: 'The mandate is for another resource; it is compared exactly.',
} as const;
