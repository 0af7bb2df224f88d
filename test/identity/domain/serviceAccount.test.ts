import { describe, expect, it } from 'vitest';
import { endsAfterRotation, isKeepTime } from '../../../subgraphs/identity/domain/serviceAccount.js';

const now = new Date('2026-11-28T12:00:00Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);

describe('secrets after a rotation', () => {
  it('keep the newest for the time that is said, or until it is withdrawn', () => {
    expect(endsAfterRotation([{ endsAt: null }], 60, now)).toEqual([later(60)]);
    expect(endsAfterRotation([{ endsAt: null }], null, now)).toEqual([null]);
  });

  it('never make one live longer than it would have anyway', () => {
    expect(endsAfterRotation([{ endsAt: later(10) }], 60, now)).toEqual([later(10)]);
    expect(endsAfterRotation([{ endsAt: later(90) }], 60, now)).toEqual([later(60)]);
    expect(endsAfterRotation([{ endsAt: later(10) }], null, now)).toEqual([later(10)]);
  });

  it('end all others now', () => {
    expect(endsAfterRotation([{ endsAt: null }, { endsAt: later(5) }, { endsAt: null }], 60, now)).toEqual([
      later(60),
      now,
      now,
    ]);
    expect(endsAfterRotation([], 60, now)).toEqual([]);
  });
});

describe('the time that a secret is kept', () => {
  it('is 0 seconds to 30 days', () => {
    expect([0, 1, 2_592_000].map(isKeepTime)).toEqual([true, true, true]);
    expect([-1, 0.5, 2_592_001, Number.NaN].map(isKeepTime)).toEqual([false, false, false, false]);
  });
});
