import { FilterParser } from 'ldapts';
import { z } from 'zod';
import { isId } from '../../platform/kernel/ids.js';
import { isLoopback } from '../../platform/kernel/loopback.js';
import { parseLine } from '../../platform/kernel/text.js';
import { readCertificates } from '../../platform/tls/readCertificates.js';
import type { AttemptBound } from './usecases/ports/directory.js';

/** How the directory of people is reached and read. */
export interface DirectoryConfig {
  /** ldap://host[:port] or ldaps://host[:port]. */
  readonly url: string;
  readonly startTls: boolean;
  /** The certificates that sign the directory's own (PEM); null: those that Node trusts. */
  readonly ca: string | null;
  /** Who searches; null: each person binds at once, as `<rdnAttribute>=<name>,<baseDn>`. */
  readonly reader: { readonly dn: string; readonly password: string } | null;
  readonly baseDn: string;
  readonly loginAttribute: string;
  readonly rdnAttribute: string;
  readonly idAttribute: string;
  readonly userFilter: string;
  readonly groups: readonly DirectoryGroupConfig[];
  readonly factorRequired: boolean;
  readonly attempts: AttemptBound;
}

/** A group of the directory, and the group of Tollgate (by id, or by a name of its own) that its members belong to. */
export interface DirectoryGroupConfig {
  readonly dn: string;
  readonly group: string;
  readonly role: 'MEMBER' | 'ADMIN';
}

const GROUPS_MAX = 100;
const MINUTE_MS = 60_000;
const ATTRIBUTE = /^[A-Za-z][A-Za-z0-9-]{0,62}$/;

const attribute = z.string().regex(ATTRIBUTE);
const groupConfig = z.strictObject({
  dn: z.string().min(3),
  group: z.string().refine((group) => isId('group', group) || parseLine(group, []).ok),
  role: z.enum(['MEMBER', 'ADMIN']).default('MEMBER'),
});

/** The variables of the directory; none of them counts without IDENTITY_LDAP_URL. */
export const directoryVariables = z
  .object({
    IDENTITY_LDAP_URL: z.string().refine(isLdapAddress).optional(),
    IDENTITY_LDAP_STARTTLS: z.enum(['0', '1']).default('1'),
    IDENTITY_LDAP_CA_FILE: z.string().transform(readCertificates).optional(),
    IDENTITY_LDAP_BIND_DN: z.string().min(3).optional(),
    IDENTITY_LDAP_BIND_PASSWORD: z.string().min(1).optional(),
    IDENTITY_LDAP_BASE_DN: z.string().min(3).optional(),
    IDENTITY_LDAP_LOGIN_ATTRIBUTE: attribute.default('uid'),
    IDENTITY_LDAP_RDN_ATTRIBUTE: attribute.optional(),
    IDENTITY_LDAP_ID_ATTRIBUTE: attribute.default('entryUUID'),
    IDENTITY_LDAP_USER_FILTER: z.string().refine(isFilter).default('(objectClass=person)'),
    IDENTITY_LDAP_GROUPS: z.string().transform(readJson).pipe(z.array(groupConfig).max(GROUPS_MAX)).optional(),
    IDENTITY_LDAP_SECOND_FACTOR: z.enum(['totp', 'none']).default('totp'),
    IDENTITY_LDAP_ATTEMPTS: z.coerce.number().int().min(2).max(1_000).default(4),
    IDENTITY_LDAP_ATTEMPT_MINUTES: z.coerce.number().int().min(1).max(1_440).default(30),
  })
  .superRefine((values, context) => {
    const url = values.IDENTITY_LDAP_URL;
    if (url === undefined) return;
    const wrong = (name: keyof typeof values): void => {
      context.addIssue({ code: 'custom', path: [name] });
    };
    // A password must not cross a network that anybody can listen to.
    if (values.IDENTITY_LDAP_STARTTLS === '0' && url.startsWith('ldap://') && !isLoopback(url)) {
      wrong('IDENTITY_LDAP_STARTTLS');
    }
    if (values.IDENTITY_LDAP_BASE_DN === undefined) wrong('IDENTITY_LDAP_BASE_DN');
    if ((values.IDENTITY_LDAP_BIND_DN === undefined) !== (values.IDENTITY_LDAP_BIND_PASSWORD === undefined)) {
      wrong('IDENTITY_LDAP_BIND_PASSWORD');
    }
  });

/** What each variable of the directory must be, for the sentence that says which is wrong. */
export const directoryRemedies = {
  IDENTITY_LDAP_URL: 'ldap://host[:port] or ldaps://host[:port]',
  IDENTITY_LDAP_STARTTLS: '1, or 0 for a directory on this machine (ldap:// to the loopback address)',
  IDENTITY_LDAP_CA_FILE: 'the path of a readable file with certificates (PEM)',
  IDENTITY_LDAP_BIND_DN: 'the DN that searches',
  IDENTITY_LDAP_BIND_PASSWORD: 'given together with IDENTITY_LDAP_BIND_DN, and not empty',
  IDENTITY_LDAP_BASE_DN: 'the DN below which people are searched; it is needed with IDENTITY_LDAP_URL',
  IDENTITY_LDAP_LOGIN_ATTRIBUTE: "an attribute's name",
  IDENTITY_LDAP_RDN_ATTRIBUTE: "an attribute's name",
  IDENTITY_LDAP_ID_ATTRIBUTE: "an attribute's name",
  IDENTITY_LDAP_USER_FILTER: 'a filter as RFC 4515 writes it, such as (objectClass=person)',
  IDENTITY_LDAP_GROUPS: `a JSON list of at most ${GROUPS_MAX} { "dn", "group", "role": "MEMBER" or "ADMIN" }`,
  IDENTITY_LDAP_SECOND_FACTOR: 'totp or none',
  IDENTITY_LDAP_ATTEMPTS: 'a whole number, 2 to 1000, below that at which the directory locks an account',
  IDENTITY_LDAP_ATTEMPT_MINUTES: 'a whole number of minutes, 1 to 1440',
} as const;

/** The directory's configuration from its variables; null where there is none. */
export function toDirectoryConfig(values: z.infer<typeof directoryVariables>): DirectoryConfig | null {
  const url = values.IDENTITY_LDAP_URL;
  if (url === undefined) return null;
  const { IDENTITY_LDAP_BIND_DN: dn, IDENTITY_LDAP_BIND_PASSWORD: password } = values;
  return {
    url,
    startTls: url.startsWith('ldap://') && values.IDENTITY_LDAP_STARTTLS === '1',
    ca: values.IDENTITY_LDAP_CA_FILE ?? null,
    reader: dn === undefined || password === undefined ? null : { dn, password },
    baseDn: values.IDENTITY_LDAP_BASE_DN ?? '',
    loginAttribute: values.IDENTITY_LDAP_LOGIN_ATTRIBUTE,
    rdnAttribute: values.IDENTITY_LDAP_RDN_ATTRIBUTE ?? values.IDENTITY_LDAP_LOGIN_ATTRIBUTE,
    idAttribute: values.IDENTITY_LDAP_ID_ATTRIBUTE,
    userFilter: values.IDENTITY_LDAP_USER_FILTER,
    groups: values.IDENTITY_LDAP_GROUPS ?? [],
    factorRequired: values.IDENTITY_LDAP_SECOND_FACTOR === 'totp',
    attempts: {
      max: values.IDENTITY_LDAP_ATTEMPTS,
      windowMs: values.IDENTITY_LDAP_ATTEMPT_MINUTES * MINUTE_MS,
    },
  };
}

function isLdapAddress(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, pathname, search, hash, username, password } = new URL(text);
  const more = [search, hash, username, password].join('');
  return ['ldap:', 'ldaps:'].includes(protocol) && hostname !== '' && ['', '/'].includes(pathname) && more === '';
}

function isFilter(text: string): boolean {
  try {
    FilterParser.parseString(text);
    return true;
  } catch {
    return false;
  }
}

function readJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom' });
    return z.NEVER;
  }
}
