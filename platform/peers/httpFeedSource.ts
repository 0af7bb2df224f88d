import { randomUUID } from 'node:crypto';
import { type FeedPage, type FeedPosition, FeedRefused, type FeedSource, feedPageSchema } from '../auth/feedRow.js';
import { unavailable } from '../kernel/faults.js';
import type { ServiceSettings } from '../server/settings.js';
import { signedRequest } from './signedRequest.js';

/** How long identity may keep silent beyond what it was asked to wait: then another replica of it is asked. */
const SILENCE_MS = 3_000;

const UNAUTHENTICATED = 401;

/** Which process asks: replicas of one service follow each for itself. */
const PROCESS = randomUUID();

/**
 * Reads identity's feed over HTTP: GET /feed?after=<sequence>&mark=<its mark>&waitMilliseconds=<n>, with the caller's assertion.
 * Where a replica says nothing in its time, the next is asked once, without a wait, for what there is by now.
 * @param silenceMs how long each may take beyond its wait
 */
export const httpFeedSource = (settings: ServiceSettings, silenceMs: number = SILENCE_MS): FeedSource => ({
  async read(after, waitMs, signal) {
    const inTime = AbortSignal.timeout(waitMs + silenceMs);
    try {
      return await ask(settings, after, waitMs, AbortSignal.any([signal, inTime]));
    } catch (error) {
      if (!inTime.aborted || signal.aborted) throw error;
      return ask(settings, after, 0, AbortSignal.any([signal, AbortSignal.timeout(silenceMs)]));
    }
  },
});

async function ask(
  settings: ServiceSettings,
  after: FeedPosition,
  waitMs: number,
  signal: AbortSignal,
): Promise<FeedPage> {
  const answer = await signedRequest({
    keys: settings.keys,
    target: 'identity',
    origin: () => settings.peerUrl('identity'),
    method: 'GET',
    path: `/feed?after=${after.sequence}&mark=${after.mark ?? ''}&waitMilliseconds=${waitMs}&follower=${PROCESS}`,
    body: null,
    token: null,
    headers: {},
    requestId: randomUUID(),
    clientIp: '',
    userAgent: `tollgate-${settings.service}`,
    signal,
  });
  if (answer.status === UNAUTHENTICATED) throw new FeedRefused(refusalOf(settings.service));
  if (answer.status !== 200) throw unavailable('identity');
  return feedPageSchema.parse(JSON.parse(answer.body.toString('utf8')));
}

const refusalOf = (service: string): string =>
  `identity answers and refuses the calls of ${service}: ${service}'s private.jwk here and its public.jwk at identity must be of one pair (and so ` +
  "must certificates, with TLS), or the clocks differ; identity's log says which";
