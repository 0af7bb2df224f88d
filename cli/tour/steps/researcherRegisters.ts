import { succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';

/** A person who registered. */
export interface Researcher {
  readonly userId: string;
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string;
  readonly recoveryCodes: readonly string[];
}

interface Registered {
  readonly user: { readonly id: string; readonly status: string };
  readonly totp: { readonly secret: string; readonly uri: string };
  readonly enrolmentToken: string;
}

interface Confirmed {
  readonly user: { readonly id: string; readonly status: string };
  readonly recoveryCodes: readonly string[];
}

/** A researcher registers and confirms the one-time-code factor. */
export async function researcherRegisters(stage: Stage): Promise<Researcher> {
  const username = `ada-${stage.run}`;
  const password = `correct horse ${stage.run} staple`;
  const registered = await succeed<Registered>(
    stage,
    'registerUser',
    { username, password, email: `${username}@example.org`, displayName: 'Ada Researcher' },
    'user { id status } totp { secret uri } enrolmentToken',
    null,
  );
  expected(registered.user.status === 'PENDING', `A new person is ${registered.user.status}, not PENDING.`);
  const totpSecret = registered.totp.secret;
  const confirmed = await succeed<Confirmed>(
    stage,
    'confirmTotp',
    { enrolmentToken: registered.enrolmentToken, code: await stage.codes.next(totpSecret, stage.narrate) },
    'user { id status } recoveryCodes',
    null,
  );
  expected(confirmed.user.status === 'ACTIVE', `After confirmTotp the person is ${confirmed.user.status}, not ACTIVE.`);
  expected(confirmed.recoveryCodes.length > 0, 'confirmTotp gave no recovery codes.');
  stage.narrate(
    `"${username}" registered, scanned the secret and confirmed it with a code: ACTIVE, with ${confirmed.recoveryCodes.length} recovery codes.`,
  );
  return { userId: confirmed.user.id, username, password, totpSecret, recoveryCodes: confirmed.recoveryCodes };
}
