import { describe, expect, it } from 'vitest';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { readIdentityConfig } from '../../subgraphs/identity/config.js';

const directory = {
  IDENTITY_LDAP_URL: 'ldaps://ldap.example.org',
  IDENTITY_LDAP_BASE_DN: 'ou=people,dc=example,dc=org',
};

describe('configuration of the directory', () => {
  it('is none without an address, and has what most directories need otherwise', () => {
    expect(readIdentityConfig({ IDENTITY_LDAP_BASE_DN: 'dc=example' }).directory).toBeNull();
    expect(readIdentityConfig({ ...directory, IDENTITY_REGISTRATION: 'directory' })).toMatchObject({
      registrationOpen: false,
      directoryProvisions: true,
      directory: {
        url: 'ldaps://ldap.example.org',
        startTls: false,
        ca: null,
        reader: null,
        baseDn: 'ou=people,dc=example,dc=org',
        loginAttribute: 'uid',
        rdnAttribute: 'uid',
        idAttribute: 'entryUUID',
        userFilter: '(objectClass=person)',
        groups: [],
        factorRequired: true,
        attempts: { max: 4, windowMs: 1_800_000 },
      },
    });
  });

  it('takes all that it may be told', () => {
    const config = readIdentityConfig({
      ...directory,
      IDENTITY_LDAP_URL: 'ldap://ldap.example.org:1389',
      IDENTITY_REGISTRATION: 'closed',
      IDENTITY_LDAP_BIND_DN: 'cn=reader,dc=example,dc=org',
      IDENTITY_LDAP_BIND_PASSWORD: 'x',
      IDENTITY_LDAP_LOGIN_ATTRIBUTE: 'sAMAccountName',
      IDENTITY_LDAP_RDN_ATTRIBUTE: 'cn',
      IDENTITY_LDAP_ID_ATTRIBUTE: 'objectGUID',
      IDENTITY_LDAP_USER_FILTER: '(&(objectClass=user)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))',
      IDENTITY_LDAP_GROUPS: '[{"dn":"cn=lab,dc=example,dc=org","group":"Lab"}]',
      IDENTITY_LDAP_SECOND_FACTOR: 'none',
    });
    expect(config.directoryProvisions).toBe(false);
    expect(config.directory).toMatchObject({
      startTls: true,
      reader: { dn: 'cn=reader,dc=example,dc=org', password: 'x' },
      loginAttribute: 'sAMAccountName',
      rdnAttribute: 'cn',
      groups: [{ dn: 'cn=lab,dc=example,dc=org', group: 'Lab', role: 'MEMBER' }],
      factorRequired: false,
    });
  });

  it.each([
    [{ IDENTITY_LDAP_URL: 'http://ldap.example.org' }, 'IDENTITY_LDAP_URL'],
    [{ IDENTITY_LDAP_URL: 'ldaps://' }, 'IDENTITY_LDAP_URL'],
    [{ IDENTITY_LDAP_URL: 'ldaps://u:p@ldap.example.org' }, 'IDENTITY_LDAP_URL'],
    [{ IDENTITY_LDAP_URL: 'ldaps://ldap.example.org/dc=example' }, 'IDENTITY_LDAP_URL'],
    [{ IDENTITY_LDAP_URL: 'ldap://ldap.example.org', IDENTITY_LDAP_STARTTLS: '0' }, 'IDENTITY_LDAP_STARTTLS'],
    [{ IDENTITY_LDAP_URL: 'ldap://127.example.org', IDENTITY_LDAP_STARTTLS: '0' }, 'IDENTITY_LDAP_STARTTLS'],
    [{ IDENTITY_LDAP_BASE_DN: undefined }, 'IDENTITY_LDAP_BASE_DN'],
    [{ IDENTITY_LDAP_CA_FILE: '/nowhere/ca.pem' }, 'IDENTITY_LDAP_CA_FILE'],
    [{ IDENTITY_LDAP_CA_FILE: '/etc/hostname' }, 'IDENTITY_LDAP_CA_FILE'],
    [{ IDENTITY_LDAP_BIND_DN: 'cn=reader' }, 'IDENTITY_LDAP_BIND_PASSWORD'],
    [{ IDENTITY_LDAP_BIND_DN: 'cn=reader', IDENTITY_LDAP_BIND_PASSWORD: '' }, 'IDENTITY_LDAP_BIND_PASSWORD'],
    [{ IDENTITY_LDAP_LOGIN_ATTRIBUTE: 'uid)(x' }, 'IDENTITY_LDAP_LOGIN_ATTRIBUTE'],
    [{ IDENTITY_LDAP_RDN_ATTRIBUTE: 'uid=x,' }, 'IDENTITY_LDAP_RDN_ATTRIBUTE'],
    [{ IDENTITY_LDAP_USER_FILTER: '(objectClass=person' }, 'IDENTITY_LDAP_USER_FILTER'],
    [{ IDENTITY_LDAP_GROUPS: 'cn=lab' }, 'IDENTITY_LDAP_GROUPS'],
    [{ IDENTITY_LDAP_GROUPS: '[{"dn":"cn=lab,dc=x","group":"Lab","role":"OWNER"}]' }, 'IDENTITY_LDAP_GROUPS'],
    [{ IDENTITY_LDAP_SECOND_FACTOR: 'sms' }, 'IDENTITY_LDAP_SECOND_FACTOR'],
    [{ IDENTITY_LDAP_ATTEMPTS: '1' }, 'IDENTITY_LDAP_ATTEMPTS'],
    [{ IDENTITY_LDAP_ATTEMPT_MINUTES: 'an hour' }, 'IDENTITY_LDAP_ATTEMPT_MINUTES'],
  ])('names the variable that is wrong: %j', (wrong, name) => {
    expect(() => readIdentityConfig({ ...directory, ...wrong })).toThrow(`${name} must be `);
  });
});

describe('configuration of identity', () => {
  it('lets people register unless told otherwise', () => {
    expect(readIdentityConfig({})).toMatchObject({
      registrationOpen: true,
      directoryProvisions: true,
      directory: null,
      resetOperator: false,
      logLevel: 'warn',
    });
    expect(readIdentityConfig({ IDENTITY_REGISTRATION: 'closed', IDENTITY_RESET_OPERATOR: '1' })).toMatchObject({
      registrationOpen: false,
      resetOperator: true,
    });
  });

  it('lets a signing key sign for a week unless told otherwise', () => {
    const daysOf = (environment: NodeJS.ProcessEnv) =>
      readIdentityConfig(environment).signingKeyRotationMs / 86_400_000;
    expect(daysOf({})).toBe(7);
    expect(daysOf({ IDENTITY_SIGNING_KEY_DAYS: '1' })).toBe(1);
  });

  it('signs tokens of ten minutes with ES256 unless told otherwise', () => {
    expect(readIdentityConfig({})).toMatchObject({ tokenAlgorithm: 'ES256', tokenLifetimeMs: 600_000 });
    for (const algorithm of ['ES256', 'EdDSA', 'RS256']) {
      const told = { IDENTITY_TOKEN_ALGORITHM: algorithm, IDENTITY_TOKEN_SECONDS: '60' };
      expect(readIdentityConfig(told)).toMatchObject({ tokenAlgorithm: algorithm, tokenLifetimeMs: 60_000 });
    }
    expect(readIdentityConfig({ IDENTITY_TOKEN_SECONDS: '3600' }).tokenLifetimeMs).toBe(3_600_000);
  });

  it('has no service account to make unless told, and all that it is told', () => {
    expect(readIdentityConfig({}).serviceAccount).toBeNull();
    const told = {
      IDENTITY_SERVICE_ACCOUNT_NAME: 'cluster meter',
      IDENTITY_SERVICE_ACCOUNT_SCOPES: 'compute:control,accounting:usage,compute:control',
    };
    const scopes = ['compute:control', 'accounting:usage'];
    expect(readIdentityConfig(told).serviceAccount).toEqual({ name: 'cluster meter', scopes, clusterIds: [] });
    const clusters = { ...told, IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS: wellKnown.clusterLocal };
    expect(readIdentityConfig(clusters).serviceAccount?.clusterIds).toEqual([wellKnown.clusterLocal]);
  });

  it.each([
    [
      { IDENTITY_TOKEN_ALGORITHM: 'HS256' },
      'IDENTITY_TOKEN_ALGORITHM must be ES256, EdDSA or RS256, not HS256: with one secret for signing and verifying, every service',
    ],
    [
      { IDENTITY_TOKEN_ALGORITHM: 'none' },
      'IDENTITY_TOKEN_ALGORITHM must be ES256, EdDSA or RS256, not none: anybody could make tokens that nobody signed',
    ],
    [{ IDENTITY_TOKEN_ALGORITHM: 'es256' }, 'IDENTITY_TOKEN_ALGORITHM must be ES256, EdDSA or RS256; correct it'],
    [{ IDENTITY_TOKEN_SECONDS: '59' }, 'IDENTITY_TOKEN_SECONDS must be a whole number of seconds, 60 to 3600'],
    [{ IDENTITY_TOKEN_SECONDS: '3601' }, 'IDENTITY_TOKEN_SECONDS must be a whole number of seconds, 60 to 3600'],
    [{ IDENTITY_TOKEN_SECONDS: '90.5' }, 'IDENTITY_TOKEN_SECONDS must be a whole number of seconds, 60 to 3600'],
    [{ IDENTITY_TOKEN_SECONDS: 'an hour' }, 'IDENTITY_TOKEN_SECONDS must be a whole number of seconds, 60 to 3600'],
    [{ IDENTITY_SERVICE_ACCOUNT_NAME: 'meter' }, 'IDENTITY_SERVICE_ACCOUNT_SCOPES must be '],
    [
      { IDENTITY_SERVICE_ACCOUNT_NAME: ' ', IDENTITY_SERVICE_ACCOUNT_SCOPES: 'compute:control' },
      'IDENTITY_SERVICE_ACCOUNT_NAME must be ',
    ],
    [
      { IDENTITY_SERVICE_ACCOUNT_NAME: 'meter', IDENTITY_SERVICE_ACCOUNT_SCOPES: 'compute:everything' },
      'IDENTITY_SERVICE_ACCOUNT_SCOPES must be ',
    ],
    [
      { IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS: 'grp_00000000000000000000000001' },
      'IDENTITY_SERVICE_ACCOUNT_CLUSTER_IDS must be ',
    ],
    [{ IDENTITY_SIGNING_KEY_DAYS: '0' }, 'IDENTITY_SIGNING_KEY_DAYS must be a whole number of days, 1 to 90'],
    [
      { IDENTITY_REGISTRATION: 'directory' },
      'IDENTITY_REGISTRATION must be open, closed, or (with IDENTITY_LDAP_URL) directory',
    ],
    [{ IDENTITY_RESET_OPERATOR: 'yes' }, 'IDENTITY_RESET_OPERATOR must be 0 or 1'],
    [{ TOLLGATE_LOG_LEVEL: 'loud' }, 'TOLLGATE_LOG_LEVEL must be silent'],
  ])('names the variable that is wrong: %j', (environment, message) => {
    expect(() => readIdentityConfig(environment)).toThrow(message);
  });

  it.each(['op', '1st', 'root user', 'ｏperator', `a${'b'.repeat(64)}`])('takes no operator by the name %s', (name) => {
    expect(() => readIdentityConfig({ IDENTITY_OPERATOR_NAME: name })).toThrow(
      'IDENTITY_OPERATOR_NAME must be a user name: 3 to 64 of a-z 0-9 . _ - that begin with a letter; correct it',
    );
  });
});
