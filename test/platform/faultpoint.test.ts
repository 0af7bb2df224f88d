import { describe, expect, it } from 'vitest';
import { armFaults, faultpoint } from '../../platform/faultpoint.js';

describe('fault points', () => {
  it('do nothing unless armed', async () => {
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
  });

  it('fire once', async () => {
    armFaults('a.b.c=throw');
    await expect(faultpoint('a.b.d')).resolves.toBeUndefined();
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
  });

  it.each(['a.b.c', 'a.b.c=explode', '=kill,'])('refuse the plan %j', (plan) => {
    expect(() => armFaults(plan)).toThrow(/TOLLGATE_FAULTS/);
  });
});
