import { succeed } from '../../cli/tour/graph.js';
import type { Stage } from '../../cli/tour/stage.js';
import type { Researcher } from '../../cli/tour/steps/researcherRegisters.js';

/** What a log-in gives. */
export interface Session {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Logs in with a fresh one-time code. */
export async function logIn(
  stage: Stage,
  { username, password, totpSecret }: Pick<Researcher, 'username' | 'password' | 'totpSecret'>,
): Promise<Session> {
  const code = await stage.codes.next(totpSecret, stage.narrate);
  return succeed(stage, 'logIn', { username, password, code }, 'accessToken refreshToken', null);
}
