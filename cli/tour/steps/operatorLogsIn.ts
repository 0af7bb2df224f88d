import { attempt } from '../graph.js';
import { expected, type Stage } from '../stage.js';

/** What `$TOLLGATE_HOME/operator.json` holds. */
export interface OperatorCredentials {
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string;
}

// Codes of this half minute may have been used by somebody else, for example by a tour a moment ago.
const ATTEMPTS_MAX = 3;

/** The operator of the first start logs in with password and one-time code. @returns the access token */
export async function operatorLogsIn(stage: Stage, operator: OperatorCredentials): Promise<string> {
  for (let attempts = 1; ; attempts += 1) {
    const code = await stage.codes.next(operator.totpSecret, stage.narrate);
    const { username, password } = operator;
    const payload = await attempt<{ accessToken: string | null }>(
      stage,
      'logIn',
      { username, password, code },
      'accessToken',
      null,
    );
    if (payload.accessToken !== null) {
      stage.narrate(`The operator "${username}" logged in with password and one-time code.`);
      return payload.accessToken;
    }
    expected(
      payload.refusal?.code === 'INVALID_CREDENTIALS' && attempts < ATTEMPTS_MAX,
      `The operator could not log in: ${payload.refusal?.message}`,
    );
    stage.narrate('That code was used already; taking the next one.');
  }
}
