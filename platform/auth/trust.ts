import type { JWTPayload } from 'jose';
import { unavailable } from '../kernel/faults.js';
import { isId } from '../kernel/ids.js';
import { limits } from '../kernel/limits.js';
import { EVERY_SERVICE, type ServiceName, type SubgraphName, subgraphNames } from '../kernel/services.js';
import { accessTokenVerifier, badToken } from './accessToken.js';
import type { FeedFollower } from './feedFollower.js';
import type { Actor, Viewer } from './viewer.js';

/** Decides who a call is made for, from the caller and the bearer token. */
export interface Trust {
  /**
   * @param caller the service whose assertion the call carries
   * @param token the bearer token, or null
   * @throws Fault UNAUTHENTICATED for a bad or dead token; SUBGRAPH_UNAVAILABLE while the feed is too old to tell
   */
  viewerOf(caller: ServiceName, token: string | null): Promise<Viewer>;
  readonly feed: FeedFollower;
}

/** Trust on the feed's projection. A call without a token from a subgraph is that service's own. */
export function makeTrust(options: {
  readonly feed: FeedFollower;
  readonly issuer: string;
  readonly service: SubgraphName;
}): Trust {
  const { feed, issuer, service } = options;
  const verifier = accessTokenVerifier({ feed, issuer, audiences: [EVERY_SERVICE, service] });
  return {
    feed,
    async viewerOf(caller, token) {
      if (token === null) return caller === 'gateway' ? { kind: 'anonymous' } : { kind: 'service', service: caller };
      if (feed.ageMs() > limits.feedAgeMaxMs) await catchUp(feed);
      const claims = await verifier.verify(token);
      if (isOfLostFeed(claims, feed)) throw badToken();
      const viewer = toViewer(claims, feed);
      if (isDead(viewer, feed) || actsByDeadProgram(claims, feed)) throw badToken();
      if (caller !== bearerOf(viewer)) throw badToken();
      return viewer;
    },
  };
}

/**
 * In whose hands a token works: a session's, a program's own, and one by which a program acts come through the gateway; one
 * that was exchanged for a service works for that service. So a subgraph that was broken into cannot use what passes through it.
 */
function bearerOf(viewer: Viewer): ServiceName {
  if (viewer.kind !== 'person' || viewer.actor === null) return 'gateway';
  return subgraphNames.find((name) => name === viewer.actor) ?? 'gateway';
}

/**
 * Whether a token was issued before this service found out that identity's database is an older one: its session, its person
 * and its scopes may be of what was lost. Whoever is known still gets another, as every ten minutes.
 */
const isOfLostFeed = (claims: JWTPayload, feed: FeedFollower): boolean => (claims.iat ?? 0) * 1000 <= feed.lostAtMs();

/** Whether a program that acts, or was acted through, is disabled: what came of it ends with it. */
function actsByDeadProgram(claims: JWTPayload, feed: FeedFollower): boolean {
  for (let act = actOf(claims); act !== undefined; act = act.act) {
    if (feed.stateOf('SERVICE', String(act.sub))?.state === 'DISABLED') return true;
  }
  return false;
}

interface Act {
  readonly sub?: unknown;
  readonly act?: Act;
}

const actOf = (claims: JWTPayload): Act | undefined => claims['act'] as Act | undefined;

async function catchUp(feed: FeedFollower): Promise<void> {
  await feed.refresh().catch(() => {
    throw unavailable('identity');
  });
}

function isDead(viewer: Viewer, feed: FeedFollower): boolean {
  if (viewer.kind === 'person') {
    return (
      feed.stateOf('SESSION', viewer.sessionId)?.state === 'REVOKED' ||
      feed.stateOf('TOKEN', viewer.tokenId)?.state === 'REVOKED' ||
      feed.stateOf('USER', viewer.userId)?.state === 'DISABLED'
    );
  }
  if (viewer.kind === 'serviceAccount') {
    return (
      feed.stateOf('TOKEN', viewer.tokenId)?.state === 'REVOKED' ||
      feed.stateOf('SERVICE', viewer.serviceAccountId)?.state === 'DISABLED'
    );
  }
  return false;
}

/** What of a token's claims never changes; kept with the claims, which are cached as long as the token is verified. */
const standing = new WeakMap<JWTPayload, ReturnType<typeof readStanding>>();

function readStanding(claims: JWTPayload) {
  const subject = String(claims.sub);
  const subjectKind = (['user', 'serviceAccount'] as const).find((kind) => isId(kind, subject));
  const common = {
    tokenId: String(claims.jti),
    scopes: new Set(String(claims['scope']).split(' ').filter(Boolean)),
    expiresAt: new Date((claims.exp ?? 0) * 1000),
  };
  return { subject, subjectKind, common };
}

function toViewer(claims: JWTPayload, feed: FeedFollower): Viewer {
  const known = standing.get(claims) ?? readStanding(claims);
  standing.set(claims, known);
  const { subject, subjectKind, common } = known;
  if (subjectKind === 'user') {
    // A token that was narrowed is worth what it names; an operator's rights are no scope, so it cannot have them.
    const sessionId = String(claims['sid'] ?? '');
    const restricted = claims['restricted'] === true || !isWhole(claims, sessionId);
    const operator = !restricted && feed.stateOf('USER', subject)?.data['operator'] === true;
    return {
      kind: 'person',
      userId: subject,
      sessionId,
      operator,
      restricted,
      roles: feed.rolesOf(subject),
      actor: actorOf(claims),
      ...common,
    };
  }
  if (subjectKind === 'serviceAccount') {
    const clusterIds = Array.isArray(claims['clusterIds']) ? claims['clusterIds'].map(String) : [];
    return { kind: 'serviceAccount', serviceAccountId: subject, clusterIds, ...common };
  }
  throw badToken();
}

/**
 * Whether a token is all that its person may do: a session's own. One that was narrowed for a service, or got for a
 * personal access key (its `sid` is the key's id), has its scopes and no operator's rights, which no scope stands for.
 */
const isWhole = (claims: JWTPayload, sessionId: string): boolean =>
  claims.aud === EVERY_SERVICE && isId('session', sessionId);

/** Who acts by an exchanged token (RFC 8693, `act`): a subgraph, or a program. */
function actorOf(claims: JWTPayload): Actor | null {
  const act = actOf(claims);
  if (act === undefined) return null;
  // The form was just looked at.
  if (isId('serviceAccount', String(act.sub))) return String(act.sub) as Actor;
  const actor = subgraphNames.find((name) => name === act.sub);
  if (actor === undefined) throw badToken();
  return actor;
}
