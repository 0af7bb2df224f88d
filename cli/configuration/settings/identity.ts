import { list, maps, number, oneZero, type Setting, type SettingSection, text } from '../setting.js';
import { commonSettings } from './services.js';

const directory: readonly Setting[] = [
  {
    key: 'identity.ldap.url',
    variable: 'IDENTITY_LDAP_URL',
    form: text,
    about: 'The directory of people (docs/directory.md). Without it the other keys here do nothing.',
    otherwise: 'none',
    example: 'ldaps://ldap.example.org',
  },
  {
    key: 'identity.ldap.startTls',
    variable: 'IDENTITY_LDAP_STARTTLS',
    form: oneZero,
    about: 'Whether an ldap:// connection turns to TLS before anything is said. Off only on loopback.',
    otherwise: 'true',
  },
  {
    key: 'identity.ldap.caFile',
    variable: 'IDENTITY_LDAP_CA_FILE',
    form: text,
    about: "Certificates (PEM) that sign the directory's own.",
    otherwise: 'those that Node.js trusts',
    example: '/etc/ssl/private-ca.pem',
  },
  {
    key: 'identity.ldap.bindDn',
    variable: 'IDENTITY_LDAP_BIND_DN',
    form: text,
    about: 'Who searches. Together with bindPassword.',
    otherwise: 'nobody: people bind as <rdnAttribute>=<name>,<baseDn>',
    example: 'cn=tollgate,dc=example,dc=org',
  },
  {
    key: 'identity.ldap.bindPassword',
    variable: 'IDENTITY_LDAP_BIND_PASSWORD',
    form: text,
    about: "The searcher's password.",
    otherwise: 'none',
    example: 'acct:ldap.reader#password',
    isSecret: true,
  },
  {
    key: 'identity.ldap.baseDn',
    variable: 'IDENTITY_LDAP_BASE_DN',
    form: text,
    about: 'The DN below which people are searched; needed with url.',
    otherwise: 'none',
    example: 'ou=people,dc=example,dc=org',
  },
  {
    key: 'identity.ldap.loginAttribute',
    variable: 'IDENTITY_LDAP_LOGIN_ATTRIBUTE',
    form: text,
    about: 'The attribute that people log in with.',
    otherwise: 'uid',
  },
  {
    key: 'identity.ldap.rdnAttribute',
    variable: 'IDENTITY_LDAP_RDN_ATTRIBUTE',
    form: text,
    about: "The attribute that begins a person's DN.",
    otherwise: 'loginAttribute',
    example: 'cn',
  },
  {
    key: 'identity.ldap.idAttribute',
    variable: 'IDENTITY_LDAP_ID_ATTRIBUTE',
    form: text,
    about: 'The attribute that stays the same whatever a person is called.',
    otherwise: 'entryUUID',
  },
  {
    key: 'identity.ldap.userFilter',
    variable: 'IDENTITY_LDAP_USER_FILTER',
    form: text,
    about: 'Which entries are people (RFC 4515).',
    otherwise: '(objectClass=person)',
  },
  {
    key: 'identity.ldap.groups',
    variable: 'IDENTITY_LDAP_GROUPS',
    form: maps,
    about: 'Groups of the directory, and the groups of Tollgate (by id or name) that their members belong to.',
    otherwise: '[]',
    example: '[{ dn: "cn=physics,ou=groups,dc=example,dc=org", group: Physics, role: MEMBER }]',
  },
  {
    key: 'identity.ldap.secondFactor',
    variable: 'IDENTITY_LDAP_SECOND_FACTOR',
    form: text,
    about: 'Whether people of the directory need a second factor of Tollgate too (totp) or not (none).',
    otherwise: 'totp',
  },
  {
    key: 'identity.ldap.attempts',
    variable: 'IDENTITY_LDAP_ATTEMPTS',
    form: number,
    about:
      'Wrong passwords for one name that get to the directory, 2 to 1000: below that at which it locks an account.',
    otherwise: '4',
  },
  {
    key: 'identity.ldap.attemptMinutes',
    variable: 'IDENTITY_LDAP_ATTEMPT_MINUTES',
    form: number,
    about: 'In how many minutes, 1 to 1440: at least those after which the directory forgets a wrong password.',
    otherwise: '30',
  },
];

/** People, groups, sessions and tokens. */
export const identity: SettingSection = {
  name: 'identity',
  about: 'People, groups, service accounts and the tokens they get.',
  settings: [
    ...commonSettings('identity'),
    {
      key: 'identity.issuer',
      variable: 'TOLLGATE_ISSUER',
      form: text,
      about:
        'The issuer that access tokens name: the address that clients know the gateway by. Beyond loopback https://, also where a proxy ends TLS.',
      otherwise: 'http://<host>:<port of the gateway>, https:// where it has a certificate',
      example: 'https://tollgate.example.org',
    },
    {
      key: 'identity.signingKeyDays',
      variable: 'IDENTITY_SIGNING_KEY_DAYS',
      form: number,
      about: 'How many days a key signs tokens before the next does: 1 to 90.',
      otherwise: '7',
    },
    {
      key: 'identity.keyEncryptionKeyFile',
      variable: 'IDENTITY_KEY_ENCRYPTION_KEY_FILE',
      form: text,
      about:
        'The file with the key that all of its secrets are sealed with; every replica needs the same. Where it is named, the credentials of operator and local controller stand where the first start wrote them, and are not made anew elsewhere.',
      otherwise: 'keys/identity/key-encryption.key below the data folder',
      example: '/srv/tollgate/keys/key-encryption.key',
    },
    {
      key: 'identity.tokenSeconds',
      variable: 'IDENTITY_TOKEN_SECONDS',
      form: number,
      about: 'How long an access token lives at most, in seconds: 60 to 3600. Clients refresh their session by then.',
      otherwise: '600',
    },
    {
      key: 'identity.tokenAlgorithm',
      variable: 'IDENTITY_TOKEN_ALGORITHM',
      form: text,
      about:
        'What tokens are signed with: ES256, EdDSA or RS256. A change makes a new key; tokens of the one before are good to their end.',
      otherwise: 'ES256',
    },
    {
      key: 'identity.registration',
      variable: 'IDENTITY_REGISTRATION',
      form: text,
      about:
        'Whether people register by themselves (open), nobody does (closed), or the first log-in with the directory does (directory).',
      otherwise: 'open',
    },
    {
      key: 'identity.serviceAccount.name',
      variable: 'IDENTITY_SERVICE_ACCOUNT_NAME',
      form: text,
      about:
        'A service account that the first start with this key makes, once; its credential is written to service-account.json in the data folder (docs/tokens.md).',
      otherwise: 'none',
      example: 'cluster meter',
    },
    {
      key: 'identity.serviceAccount.scopes',
      variable: 'IDENTITY_SERVICE_ACCOUNT_SCOPES',
      form: list,
      about: 'What it may do; needed with the name.',
      otherwise: 'none',
      example: '["compute:control", "accounting:usage"]',
    },
    {
      key: 'identity.serviceAccount.clusterIds',
      variable: 'IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS',
      form: list,
      about: 'The clusters that compute:control and accounting:usage are bound to.',
      otherwise: '[]',
      example: '[clu_00000000000000000000000001]',
    },
    {
      key: 'identity.operatorName',
      variable: 'IDENTITY_OPERATOR_NAME',
      form: text,
      about:
        'The user name of the operator that the first start makes; later starts leave it as it is. The password is always generated, into operator.json.',
      otherwise: 'operator',
    },
    {
      key: 'identity.resetOperator',
      variable: 'IDENTITY_RESET_OPERATOR',
      form: oneZero,
      about: 'Whether the operator gets fresh credentials where operator.json is missing.',
      otherwise: 'false',
    },
    ...directory,
  ],
};
