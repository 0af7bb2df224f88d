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

  it('names the variable that is wrong', () => {
    expect(() => loadGatewayConfig({ TOLLGATE_UI: 'perhaps' }, {})).toThrow(
      'TOLLGATE_UI must be on or off; correct it or leave it out.',
    );
  });
});
