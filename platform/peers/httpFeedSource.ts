import { randomUUID } from 'node:crypto';
import { type FeedSource, feedPageSchema } from '../auth/feedRow.js';
import { unavailable } from '../kernel/faults.js';
import type { ServiceSettings } from '../server/settings.js';
import { signedRequest } from './signedRequest.js';

const ANSWER_SLACK_MS = 5_000;

/** Which process asks: replicas of one service follow each for itself. */
const PROCESS = randomUUID();

/** Reads identity's feed over HTTP: GET /feed?after=<sequence>&mark=<its mark>&waitMilliseconds=<n>, with the caller's assertion. */
export const httpFeedSource = (settings: ServiceSettings): FeedSource => ({
  async read(after, waitMs, signal) {
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
      signal: AbortSignal.any([signal, AbortSignal.timeout(waitMs + ANSWER_SLACK_MS)]),
    });
    if (answer.status !== 200) throw unavailable('identity');
    return feedPageSchema.parse(JSON.parse(answer.body.toString('utf8')));
  },
});
