import { describe, expect, it } from 'vitest';
import { loadGatewayConfig } from '../../gateway/config.js';

describe('the configuration of the gateway', () => {
  it('has the page and the schema open where nothing is said', () => {
    expect(loadGatewayConfig({}, {})).toMatchObject({ ui: true, introspection: true, deadlineMs: 10_000 });
  });

  it('follows the environment, and what is named before it', () => {
    const environment = { TOLLGATE_UI: 'off', TOLLGATE_INTROSPECTION: 'off' };
    expect(loadGatewayConfig(environment, {})).toMatchObject({ ui: false, introspection: false });
    expect(loadGatewayConfig(environment, { ui: true })).toMatchObject({ ui: true, introspection: false });
  });

  it('believes no proxy but those that are named', () => {
    expect(loadGatewayConfig({}, {}).trustedProxies).toEqual([]);
    const environment = { TOLLGATE_TRUSTED_PROXIES: '10.0.0.0/8, ::1' };
    expect(loadGatewayConfig(environment, {}).trustedProxies).toEqual(['10.0.0.0/8', '::1']);
    for (const wrong of ['', 'everybody', '10.0.0.0/33', '10.0.0.0/x', '10.0.0.1,', 'loopback', '1.2.3']) {
      expect(() => loadGatewayConfig({ TOLLGATE_TRUSTED_PROXIES: wrong }, {})).toThrow(
        'TOLLGATE_TRUSTED_PROXIES must be addresses or networks (10.0.0.0/8), separated by commas',
      );
    }
  });

  it('names the variable that is wrong', () => {
    expect(() => loadGatewayConfig({ TOLLGATE_UI: 'perhaps' }, {})).toThrow(
      'TOLLGATE_UI must be on or off; correct it or leave it out.',
    );
  });
});
