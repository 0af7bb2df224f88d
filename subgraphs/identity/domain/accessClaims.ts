/** The service that acts (RFC 8693 section 4.1); a service that was acted through stands inside. */
export interface Act {
  readonly sub: string;
  readonly act?: Act;
}

/** What an access token says (contract.md, Identity), before it is signed. */
export interface AccessClaims {
  readonly subject: string;
  /** `tollgate`, or the one service that an exchanged token is for. */
  readonly audience: string;
  /** Null for service accounts. */
  readonly sessionId: string | null;
  readonly scopes: readonly string[];
  readonly act: Act | null;
  readonly clusterIds: readonly string[] | null;
  /** Whether it was narrowed from what its person may: it never has an operator's rights then. Absent: no. */
  readonly restricted?: boolean;
  readonly expiresAt: Date;
}

/** The chain of actors after one more service: the newest outside. Null where nobody acts for the person. */
export function extendAct(actor: string | null, previous: Act | null): Act | null {
  if (actor === null) return previous;
  return previous === null ? { sub: actor } : { sub: actor, act: previous };
}
