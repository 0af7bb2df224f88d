import { describe, expect, it } from 'vitest';
import { extendAct } from '../../../subgraphs/identity/domain/accessClaims.js';

describe('chain of actors', () => {
  it('has the newest outside (RFC 8693, section 4.1)', () => {
    expect(extendAct(null, null)).toBeNull();
    expect(extendAct('access', null)).toEqual({ sub: 'access' });
    expect(extendAct('compute', { sub: 'access' })).toEqual({ sub: 'compute', act: { sub: 'access' } });
    expect(extendAct(null, { sub: 'access' })).toEqual({ sub: 'access' });
  });
});
