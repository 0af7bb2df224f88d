import { describe, expect, it } from 'vitest';
import { idPrefixes, isId, newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';

describe('ids', () => {
  it('have their kind in front and differ', () => {
    expect(newId('user')).toMatch(/^usr_[0-9a-z]{26}$/);
    expect(newId('user')).not.toBe(newId('user'));
  });

  it('are recognised by kind', () => {
    expect(isId('user', newId('user'))).toBe(true);
    expect(isId('user', newId('group'))).toBe(false);
  });

  it.each([
    '',
    'usr_',
    'usr',
    'USR_01h455vb4pex5vsknk084sn02q',
    'usr_81h455vb4pex5vsknk084sn02q',
    "usr_' or 1=1",
    '\0',
  ])('of a wrong form name nothing: %j', (text) => {
    expect(isId('user', text)).toBe(false);
  });

  it('that every installation has are valid', () => {
    const { unit: _unit, ...ids } = wellKnown;
    for (const id of Object.values(ids)) {
      const kind = Object.entries(idPrefixes).find(([, prefix]) => id.startsWith(`${prefix}_`))?.[0];
      expect(isId(kind as keyof typeof idPrefixes, id)).toBe(true);
    }
  });
});
