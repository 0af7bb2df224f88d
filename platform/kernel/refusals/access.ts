/** Refusals of the access service. */
export const accessRefusals = {
  OFFER_RETIRED: 'The offer is not given any more. Choose another.',
  OFFER_NOT_IN_FORCE: 'The offer is not given yet, or any more. Choose another, or wait until it is.',
  QUOTE_EXPIRED: 'The quote does not bind any more. Ask for a new one.',
  QUOTE_NOT_GENUINE: 'The quote is not as it was given out. Ask for a new one, and tell the operators.',
  QUANTITY_OUT_OF_RANGE:
    'The quantity is not positive, too precise, or outside what the offer, or a request, allows. Ask for one between them.',
  WINDOW_INVALID:
    'The window ends before it begins, is over already, is too far ahead, or is longer or shorter than allowed. Name another.',
  PROVISIONING_FAILED:
    'The resource could not be made; everything was undone and nothing was charged. Ask anew, and tell the provider if it happens again.',
  CHAIN_TIMED_OUT:
    'The chain did not end in time; everything was undone and nothing was charged. Ask anew with a fresh key.',
  CHAIN_INTERRUPTED:
    'The chain was interrupted while the price was reserved; nothing was charged. Ask again with a fresh key.',
  REQUEST_NOT_IN_REVIEW: 'The request does not wait for a decision now. Look at its status.',
  REQUEST_ENDED: 'The request has ended and does not change any more. Ask anew.',
  OWN_REQUEST:
    'Nobody decides on their own request, nor as a provider on that of a group of theirs. Ask another reviewer.',
  ALREADY_REVIEWED: 'You have agreed to this request already. Another person must.',
  REQUEST_REVISED: 'The request was revised since. Read it again, and approve the revision that stands.',
  REQUESTER_NOT_ENTITLED: 'The requester may not ask for this any more. Deny the request.',
  REQUEST_DENIED: 'A reviewer denied the request; nothing was charged. Read the reason, which stands with the review.',
  REQUEST_WITHDRAWN: 'The request was taken back; nothing was charged. Ask anew.',
  REVIEW_EXPIRED: 'Nobody decided in time; nothing was charged. Ask anew.',
  GRANT_NOT_ACTIVE: 'The grant has ended already. Ask for another with requestAccess.',
  EXTENSION_UNDER_WAY: 'Another extension of the grant is under way. Wait until it has ended.',
  EXTENSION_NEEDS_REVIEW:
    'The ADMINs of a group decide on this offer, and no group holds the grant. Ask for another with requestAccess.',
} as const;
