import { setTimeout as pause } from 'node:timers/promises';
import type { TourClient } from '../../../cli/tour/stage.js';

const TRIES_MAX = 60;
const PAUSE_MS = 250;
const BAD_GATEWAY = 502;

/** A client as docs/operations.md wants it where a replica is killed: what was not answered is sent again as it was. */
export function patientClient(client: TourClient): TourClient {
  const until = async <Answer>(
    isAnswered: (answer: Answer) => boolean,
    act: () => Promise<Answer>,
  ): Promise<Answer> => {
    for (let tries = 1; ; tries += 1) {
      // An answer can break off in its middle, too.
      const answer = await act().catch((error: unknown) => {
        if (tries === TRIES_MAX) throw error;
        return null;
      });
      if (answer !== null && (isAnswered(answer) || tries === TRIES_MAX)) return answer;
      await pause(PAUSE_MS);
    }
  };
  return {
    ask: <Data>(document: string, variables: Readonly<Record<string, unknown>>, token: string | null) =>
      until(
        ({ errors }) => !errors.some(({ extensions }) => extensions.code === 'SUBGRAPH_UNAVAILABLE'),
        () => client.ask<Data>(document, variables, token),
      ),
    put: (url, headers, bytes) =>
      until(
        (status) => status < BAD_GATEWAY,
        () => client.put(url, headers, bytes),
      ),
    get: (url, range) =>
      until(
        ({ status }) => status < BAD_GATEWAY,
        () => client.get(url, range),
      ),
  };
}
