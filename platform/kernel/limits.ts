/** Limits that hold in every service (contract.md, grammar rule 4). Those of one service stand in its domain/limits.ts. */
export const limits = {
  depthMax: 15,
  aliasesMax: 30,
  tokensMax: 4_000,
  directivesMax: 50,
  rootFieldsMax: 20,
  bodyBytesMax: 1_048_576,
  batchItemsMax: 1_000,
  pageSizeMax: 100,
  gatewayDeadlineMs: 10_000,
  subgraphDeadlineMs: 8_000,
  nameCharactersMax: 200,
  descriptionCharactersMax: 500,
  /** What a hold or a mandate is for. */
  resourceCharactersMax: 255,
  /** A mandate's token above this size is not one of ours. */
  mandateCharactersMax: 4_096,
  idempotencyKeyCharactersMax: 255,
  /** How many keys a loader gives to one SQL statement. */
  loaderBatchMax: 1_000,
  /** An assertion is refused this long after it was signed. */
  assertionLifetimeSeconds: 30,
  /** Beyond this age of the last good poll the feed is too old to decide from. */
  feedAgeMaxMs: 30_000,
  verifiedTokensMax: 10_000,
} as const;
