import { attempt, query, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import type { Researcher } from './researcherRegisters.js';

/**
 * The researcher logs in; the same code a second time, and a wrong password, are refused alike.
 * @returns the access token
 */
export async function researcherLogsIn(stage: Stage, researcher: Researcher): Promise<string> {
  const { username, password } = researcher;
  const code = await stage.codes.next(researcher.totpSecret, stage.narrate);
  const { accessToken } = await succeed<{ accessToken: string }>(
    stage,
    'logIn',
    { username, password, code },
    'accessToken',
    null,
  );
  const { viewer } = await query<{ viewer: { user: { username: string } } }>(
    stage,
    '{ viewer { user { username } } }',
    {},
    accessToken,
  );
  expected(viewer.user.username === username, `The graph takes the token for one of ${viewer.user.username}.`);
  stage.narrate(`"${username}" logged in.`);

  const again = await attempt(stage, 'logIn', { username, password, code }, 'accessToken', null);
  expected(again.refusal?.code === 'INVALID_CREDENTIALS', 'A one-time code was accepted a second time.');
  const [recoveryCode = ''] = researcher.recoveryCodes;
  const wrong = await attempt(
    stage,
    'logIn',
    { username, password: `${password}!`, code: recoveryCode },
    'accessToken',
    null,
  );
  expected(wrong.refusal?.code === 'INVALID_CREDENTIALS', 'A wrong password was accepted.');
  expected(wrong.refusal.message === again.refusal.message, 'A used code and a wrong password can be told apart.');
  stage.narrate(`The same code again, and a wrong password: both refused with ${wrong.refusal.code}.`);
  return accessToken;
}
