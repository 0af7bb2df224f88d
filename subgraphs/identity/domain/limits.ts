/** Limits of identity, each named; those of every service stand in platform/kernel/limits.ts. */
export const identityLimits = {
  usernameCharactersMin: 3,
  usernameCharactersMax: 64,
  passwordCharactersMin: 8,
  passwordCharactersMax: 1_024,
  emailCharactersMax: 254,
  /** Longer texts than this are no code, and are not compared with any. */
  codeCharactersMax: 64,
  /** Opaque tokens and secrets that clients send back; ours are shorter. */
  opaqueTokenCharactersMax: 256,
  /** A subject token above this size is not one of ours. */
  accessTokenCharactersMax: 8_192,
  /** The body of a request to the token endpoint: a subject token and room to spare. */
  tokenRequestBytesMax: 32_768,
  scopesMax: 32,
  /** Clusters that one service account acts for; each stands in its tokens. */
  clusterIdsMax: 100,
  /** Personal access keys of one person that are in use. */
  accessKeysMax: 50,
  accessKeyLifetimeMsMax: 366 * 24 * 3_600_000,
  /** How long a replaced secret of a service account may go on: 30 days. */
  previousSecretSecondsMax: 2_592_000,
  userAgentCharactersMax: 256,
  recoveryCodes: 10,
  clientNameCharactersMax: 100,
  enrolmentLifetimeMs: 3_600_000,
  /** A device login waits so long for its approval. */
  deviceLoginLifetimeMs: 600_000,
  /** Seconds between two polls of a device login, and what is added each time one comes too early (RFC 8628, 3.5). */
  devicePollIntervalSeconds: 5,
  devicePollSlowDownSeconds: 5,
  /** However often a device polls too early. */
  devicePollIntervalSecondsMax: 600,
  /** A remembered device, since its last log-in. */
  rememberedDeviceMs: 30 * 24 * 3_600_000,
  invitationLifetimeMs: 14 * 24 * 3_600_000,
  /** Invitations of one group that wait for an answer. */
  invitationsOfGroupMax: 1_000,
  mandateLifetimeMsMax: 366 * 24 * 3_600_000,
  /** How long an access token lives at most, as configured: an hour is what a stolen one may be worth where nobody notices. */
  accessTokenSecondsDefault: 600,
  accessTokenSecondsMin: 60,
  accessTokenSecondsMax: 3_600,
  /** A key is published so long before it signs: as long as a client may keep the JWKS. */
  signingKeyAheadMs: 300_000,
  /** A key verifies so much longer than its last token lives, for clocks that differ. */
  retiredKeyMarginMs: 60_000,
  /** A process knows the keys of its database at most so late: well before a fresh one signs. */
  keyRingAgeMs: 500,
  sessionIdleMs: 12 * 3_600_000,
  sessionAbsoluteMs: 30 * 24 * 3_600_000,
  /** Failures are counted in windows of this length, which begin with the first failure. */
  throttleWindowMs: 900_000,
  /** Wrong passwords for one user name from one network, in a window. */
  passwordFailuresMax: 10,
  /** Wrong passwords for one user name from all networks together that the name did not log in from lately, in a window. */
  passwordFailuresAnywhereMax: 100,
  /** Wrong codes after a right password for one account, from anywhere, in a window. */
  codeFailuresMax: 10,
  /** Wrong passwords and codes at step-ups of one person, in all their sessions together, in a window. */
  stepUpFailuresMax: 30,
  /** Failures of any kind from one network, in a window; many people can share an address. */
  networkFailuresMax: 1_000,
  /** A name that logged in from a network is spared the network's limit for so long. */
  knownNetworkMs: 24 * 3_600_000,
  /** Wrong secrets for one client id from one network, in a window; beyond it wrong ones are answered RATE_LIMITED. */
  secretFailuresMax: 10,
  /** Wrong secrets for whatever client ids from one network, in a window; likewise. */
  networkSecretFailuresMax: 1_000,
  /** Registrations from one network that come as far as the hash, in a window. */
  networkRegistrationsMax: 100,
  /** Device logins begun from one network, in a window. */
  networkDeviceLoginsMax: 100,
  /** User codes that one person typed and nobody was given, in a window. */
  userCodeFailuresMax: 10,
  /** The same from one network, whoever typed them. */
  networkUserCodeFailuresMax: 50,
  /** Counters whose window is over that one failure tidies away. */
  countersTidiedMax: 10,
  /** Password hashes that wait for a free thread; beyond it the answer is RATE_LIMITED. */
  hashesWaitingMax: 128,
  /** The part of those places that registrations may take. */
  registrationsWaitingShare: 0.25,
  /** A password that would wait longer than this for its hash is turned away as well. */
  hashWaitMsMax: 4_000,
  /** What is over (sessions with their refresh tokens, enrolments, device logins, spent codes) is kept for so long. */
  endedKeptMs: 30 * 24 * 3_600_000,
  /** How often what was kept for long enough is removed, and how much of each kind in one statement. */
  removalIntervalMs: 3_600_000,
  removalRowsMax: 1_000,
  /** How often everybody of the directory is looked at, and how many in one conversation. */
  directoryCheckIntervalMs: 900_000,
  directoryCheckedTogether: 20,
  /** Accounts that such a look may close: so many, or this share of the directory's people where that is more. */
  directoryClosedAtLeast: 3,
  directoryClosedShare: 0.2,
  /** Conversations with the directory at a time; beyond it the answer is RATE_LIMITED. */
  directoryConversationsMax: 32,
  directoryConnectMs: 3_000,
  /** One search or bind; the directory is told of it too. */
  directoryOperationMs: 4_000,
  /** All of a conversation, below the deadline of a subgraph. */
  directoryConversationMs: 6_000,
  /** How far the directory's count of wrong passwords may be from ours besides, for clocks that differ. */
  directoryClockMs: 24_000,
  feedPageRowsMax: 500,
  /** A follower may wait this long for news in one request. */
  feedWaitMsMax: 30_000,
  feedPollIntervalMs: 100,
  /** What was committed to the feed waits at most so long for its followers before the answer is given. */
  feedSpreadMsMax: 1_000,
} as const;
