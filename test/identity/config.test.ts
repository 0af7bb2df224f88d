import { describe, expect, it } from 'vitest';
import { readIdentityConfig } from '../../subgraphs/identity/config.js';

describe('configuration of identity', () => {
  it('lets people register unless told otherwise', () => {
    expect(readIdentityConfig({})).toEqual({
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

  it.each([
    [
      { IDENTITY_REGISTRATION: 'directory' },
      'IDENTITY_REGISTRATION must be open, closed, or (with IDENTITY_LDAP_URL) directory',
    ],
    [{ IDENTITY_RESET_OPERATOR: 'yes' }, 'IDENTITY_RESET_OPERATOR must be 0 or 1'],
    [{ TOLLGATE_LOG_LEVEL: 'loud' }, 'TOLLGATE_LOG_LEVEL must be silent'],
  ])('names the variable that is wrong: %j', (environment, message) => {
    expect(() => readIdentityConfig(environment)).toThrow(message);
  });
});
