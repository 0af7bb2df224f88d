import { describe, expect, it } from 'vitest';
import { readAccessConfig } from '../../subgraphs/access/config.js';

describe("access' configuration", () => {
  it('has the times of a chain unless they are told', () => {
    expect(readAccessConfig({})).toEqual({ logLevel: 'warn', leaseMs: 10_000, callTimeoutMs: 5_000 });
    const told = { ACCESS_LEASE_MS: '2000', ACCESS_CALL_TIMEOUT_MS: '1000', TOLLGATE_LOG_LEVEL: 'silent' };
    expect(readAccessConfig(told)).toEqual({ logLevel: 'silent', leaseMs: 2_000, callTimeoutMs: 1_000 });
  });

  it.each([
    [{ ACCESS_LEASE_MS: '99' }, 'ACCESS_LEASE_MS'],
    [{ ACCESS_CALL_TIMEOUT_MS: '1e3' }, 'ACCESS_CALL_TIMEOUT_MS'],
    [{ ACCESS_LEASE_MS: '5000' }, 'ACCESS_CALL_TIMEOUT_MS must be below ACCESS_LEASE_MS'],
    [{ TOLLGATE_LOG_LEVEL: 'loud' }, 'TOLLGATE_LOG_LEVEL'],
  ])('refuses %j', (environment, message) => {
    expect(() => readAccessConfig(environment)).toThrow(message);
  });
});
