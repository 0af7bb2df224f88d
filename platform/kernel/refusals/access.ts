/** Refusals of the access service. */
export const accessRefusals = {
  OFFER_RETIRED: 'The offer is not given any more. Choose another.',
  QUOTE_EXPIRED: 'The quote does not bind any more. Ask for a new one.',
  QUANTITY_OUT_OF_RANGE: 'The quantity is not positive, too precise, or larger than the offer allows.',
  WINDOW_INVALID: 'The window ends before it begins, is over already, is too far ahead, or is longer than 366 days.',
  PROVISIONING_FAILED: 'The resource could not be made; everything was undone and nothing was charged.',
  CHAIN_TIMED_OUT: 'The chain did not end in time; everything was undone and nothing was charged.',
  CHAIN_INTERRUPTED:
    'The chain was interrupted while the price was reserved; nothing was charged. Ask again with a fresh key.',
  GRANT_NOT_ACTIVE: 'The grant has ended already.',
} as const;
