import type { Person } from '../../../platform/auth/viewer.js';
import { unauthenticated } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { normalisePassword } from '../domain/password.js';
import { attemptKeys } from '../domain/throttle.js';
import { accountDigest } from './accountDigest.js';
import type { Call } from './call.js';
import { type Attempt, judgeAttempt, wrongCredentials } from './judgement.js';
import type { Credentials, Ports, Stores } from './ports.js';
import { provePassword, withoutFactor } from './provePassword.js';
import { type Factor, readFactor } from './secondFactor.js';
import { refuseIfThrottled } from './throttling.js';

/** What a person shows once more before something that a stolen session must not do. */
export interface StepUpProof {
  readonly password: string;
  /** Six digits, or a recovery code; used up. */
  readonly code: string;
}

/** A proof that was read; judged, and its code used up, in the transaction of what it is for. */
export interface StepUp {
  readonly credentials: Credentials;
  /** Whether password and code fit; not yet whether the code is unused. */
  readonly looksRight: boolean;
  /** What the trail says where it is not right. */
  readonly refusal: Refusal;
  /** What to answer where it is not right, once the transaction that judged it is over. @throws Fault RATE_LIMITED */
  answer(): Promise<Refusal>;
  /** Whose the right credentials are; null: something is wrong, which is audited and counted already. */
  judge(stores: Stores): Promise<Credentials | null>;
}

/**
 * Reads the password and code that a signed-in person shows, with the work of a log-in. Failures are counted for the
 * session and for the person's step-ups: who stole one has ten guesses in a window, and thirty in whatever sessions they
 * open from it; a stranger without any cannot keep its owner from changing a password.
 * @throws Fault RATE_LIMITED
 */
export async function readStepUp(
  ports: Ports,
  person: Person,
  proof: StepUpProof,
  { action, call }: { readonly action: string; readonly call: Call },
): Promise<StepUp> {
  const credentials = await ports.database.users.credentialsOfId(person.userId);
  if (credentials === null) throw unauthenticated();
  const account = accountDigest(ports.secrets, credentials.user.username ?? person.userId);
  const keys = attemptKeys(account, call.clientIp, { session: person.sessionId, userId: person.userId });
  await refuseIfThrottled(ports.database.failures, keys, ports.clock.now());
  const password = normalisePassword(proof.password);
  // One that is longer than any is not hashed: it is nobody's.
  const { username } = credentials.user;
  const proven = password === null ? null : await provePassword(ports, call, { username, password, keys, credentials });
  // A name of the directory may be another's by now.
  const passwordIsRight = proven?.passwordIsRight === true && proven.credentials?.user.id === person.userId;
  const bare = passwordIsRight && withoutFactor(proven) !== null;
  const factor: Factor | null = bare ? { kind: 'NONE' } : await readFactor(ports, credentials, proof.code);
  const looksRight = passwordIsRight && factor !== null;
  const refusal = proven?.refusal ?? wrongCredentials;
  const attempt: Attempt = { action, call, keys, credentials, passwordIsRight, factor, refusal };
  return {
    credentials,
    looksRight,
    refusal,
    answer: async () => proven?.answer() ?? wrongCredentials,
    judge: (stores) => judgeAttempt(ports, stores, attempt),
  };
}
