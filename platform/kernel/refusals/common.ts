/** Refusals that any service may give. */
export const commonRefusals = {
  INVALID_INPUT: 'A value does not meet its rule. Correct the value at `path`.',
  NOT_SUPPORTED: 'This input is part of the contract but not built yet. Leave it out.',
  IDEMPOTENCY_KEY_REUSED: 'The key was used before with other input. Send a fresh key.',
  LIMIT_EXCEEDED:
    'A limit stands in the way; it names itself in `limit`. Ask for less, or have whoever set it raise it.',
} as const;
