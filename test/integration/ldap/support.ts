import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { type IdentityHarness, startIdentityHarness } from '../../identity/support/identityHarness.js';
import { codeOf, mutate, type Outcome } from '../../identity/support/mutate.js';
import { type Slapd, tree } from '../services/slapd.js';

/** Variables of the environment; what is undefined is not set. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** Identity's variables for a directory, as an operator writes them. */
export const variables = (slapd: Slapd, more: Variables = {}): Record<string, string | undefined> => ({
  IDENTITY_LDAP_URL: slapd.ldaps,
  IDENTITY_LDAP_CA_FILE: slapd.caFile,
  IDENTITY_LDAP_BIND_DN: tree.reader.dn,
  IDENTITY_LDAP_BIND_PASSWORD: tree.reader.password,
  IDENTITY_LDAP_BASE_DN: tree.people,
  IDENTITY_LDAP_SECOND_FACTOR: 'none',
  ...more,
});

/** Identity that is configured by its variables alone. */
export const startWithDirectory = (slapd: Slapd, more: Variables = {}): Promise<IdentityHarness> =>
  startIdentityHarness(readIdentityConfig(variables(slapd, more)));

/** A session of one of the directory's people. */
export interface DirectorySession {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly username: string };
}

const SESSION = `accessToken refreshToken viewer { user { id username displayName email status origin } }`;

/** Logs in with a directory's password. */
export const tryLogIn = (
  identity: IdentityHarness,
  username: string,
  password = `${username}-password`,
  code = '',
): Promise<Outcome> => mutate(identity, 'logIn', { username, password, code }, SESSION, null);

/** As tryLogIn, for who can. @throws Error where they cannot */
export async function logIn(identity: IdentityHarness, username: string, code = ''): Promise<DirectorySession> {
  const outcome = await tryLogIn(identity, username, undefined, code);
  const payload = outcome.payload as unknown as {
    accessToken: string | null;
    refreshToken: string;
    viewer: { user: DirectorySession['user'] };
  } | null;
  if (payload?.accessToken == null) throw new Error(`${username}: ${codeOf(outcome)}`);
  return { accessToken: payload.accessToken, refreshToken: payload.refreshToken, user: payload.viewer.user };
}

/** Renews a session; gives the code, and the next refresh token. */
export async function refresh(
  identity: IdentityHarness,
  refreshToken: string,
): Promise<{ readonly code: string; readonly refreshToken: string }> {
  const outcome = await mutate(identity, 'refreshSession', { refreshToken }, 'accessToken refreshToken', null);
  return { code: codeOf(outcome), refreshToken: String(outcome.payload?.['refreshToken'] ?? refreshToken) };
}

/** What the trail has of an action, oldest first. */
export const trail = (identity: IdentityHarness, action: string) =>
  identity.sql<{ actor: string; target: string | null; outcome: string; detail: Record<string, unknown> }>(
    'SELECT actor, target, outcome, detail FROM platform.audit_entry WHERE action = $1 ORDER BY id',
    [action],
  );
