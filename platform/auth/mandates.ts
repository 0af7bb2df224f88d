import type { FeedFollower } from './feedFollower.js';
import { type MandateClaims, readMandate } from './mandateToken.js';
import { publishedKeys } from './publishedKeys.js';
import type { Person } from './viewer.js';

/** Tells what mandates say and whether they still count, from what the feed told: also while identity is away. */
export interface Mandates {
  /** The claims of a mandate, or null for what is none of ours: see readMandate. */
  read(token: string): Promise<MandateClaims | null>;
  isRevoked(mandateId: string): boolean;
  /** Who gave it, with their groups as they are now; null where the person is disabled. */
  issuerOf(claims: MandateClaims): Pick<Person, 'userId' | 'roles'> | null;
}

/** Mandates on a followed feed. */
export function makeMandates({ feed, issuer }: { readonly feed: FeedFollower; readonly issuer: string }): Mandates {
  const keys = publishedKeys(feed);
  return {
    read: (token) => readMandate(token, { keys, issuer }),
    isRevoked: (mandateId) => feed.stateOf('MANDATE', mandateId)?.state === 'REVOKED',
    issuerOf({ issuerId }) {
      if (feed.stateOf('USER', issuerId)?.state === 'DISABLED') return null;
      return { userId: issuerId, roles: feed.rolesOf(issuerId) };
    },
  };
}
