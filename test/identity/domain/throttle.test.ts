import { describe, expect, it } from 'vitest';
import {
  attemptKeys,
  deviceLoginLimits,
  logInLimits,
  registrationLimits,
  secretLimits,
  userCodeLimits,
  waitSeconds,
} from '../../../subgraphs/identity/domain/throttle.js';

const now = new Date('2026-01-01T00:00:00Z');
const inSeconds = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const keys = attemptKeys('digest', '192.0.2.1');
const count = (key: string, failures: number, seconds = 60) => ({ key, failures, windowEndsAt: inSeconds(seconds) });

describe('throttling', () => {
  it('counts passwords by name and network, codes by name, everything by network', () => {
    expect(keys).toEqual({
      password: 'password:digest:192.0.2.1',
      anywhere: 'passwords:digest',
      code: 'code:digest',
      network: 'network:192.0.2.1',
      stepUp: null,
      known: 'known:digest:192.0.2.1',
      directory: 'directory:digest',
    });
  });

  it('lets an owner elsewhere in, whatever a stranger guesses', () => {
    const owner = attemptKeys('digest', '198.51.100.7');
    const counts = [count(keys.password, 1_000), count(keys.network, 999)];
    expect(waitSeconds(logInLimits(owner, counts, now), counts, now)).toBeNull();
  });

  it.each([
    ['nothing failed', [], null],
    ['nine passwords', [count(keys.password, 9)], null],
    ['ten passwords', [count(keys.password, 10)], 60],
    ['ten codes', [count(keys.code, 10, 30)], 30],
    ['many people on one network', [count(keys.network, 999)], null],
    ['too many on one network', [count(keys.network, 1_000, 0.2)], 1],
    ['two reasons: the longer wait', [count(keys.password, 10, 5), count(keys.code, 12, 50)], 50],
    ['a window that is over', [count(keys.password, 10, 0)], null],
    ['a flooded network, where the name is known', [count(keys.network, 5_000), count(keys.known, 0)], null],
    ['a name that is known no more', [count(keys.network, 5_000, 30), count(keys.known, 0, 0)], 30],
    ['another name that is known there', [count(keys.network, 5_000), count('known:other:192.0.2.1', 0)], 60],
    ['ten passwords, although the name is known', [count(keys.password, 10), count(keys.known, 0)], 60],
    ['a hundred passwords from many networks', [count(keys.anywhere ?? '', 100, 40)], 40],
    ['the same, where the name is known', [count(keys.anywhere ?? '', 100), count(keys.known, 0)], null],
    ["somebody else's counter", [count('code:other', 99)], null],
  ])('%s', (_name, counts, expected) => {
    expect(waitSeconds(logInLimits(keys, counts, now), counts, now)).toBe(expected);
  });

  it.each([
    { lane: { device: 'd' }, apart: 'device:d' },
    { lane: { session: 's', userId: 'u' }, apart: 'session:s' },
  ])('holds $apart against its own counters alone, and no less than others', ({ lane, apart }) => {
    const own = attemptKeys('digest', '192.0.2.1', lane);
    expect(own).toMatchObject({
      password: `password:digest:${apart}`,
      anywhere: null,
      code: `code:digest:${apart}`,
    });
    const flooded = [keys.password, keys.code, keys.network, keys.anywhere ?? ''].map((key) => count(key, 5_000));
    expect(waitSeconds(logInLimits(own, flooded, now), flooded, now)).toBeNull();
    for (const key of [own.password, own.code]) {
      const spent = [count(key, 10)];
      expect(waitSeconds(logInLimits(own, spent, now), spent, now)).toBe(60);
    }
  });

  it('holds device logins and user codes against counters of their own', () => {
    expect([...deviceLoginLimits('192.0.2.1'), ...userCodeLimits('usr_1', '192.0.2.1')]).toEqual([
      ['device-logins:192.0.2.1', 100],
      ['user-code:usr_1', 10],
      ['user-codes:192.0.2.1', 50],
    ]);
  });

  it('holds secrets and registrations against counters that log-ins do not share', () => {
    const limits = [...secretLimits('digest', '192.0.2.1'), ...registrationLimits('192.0.2.1')];
    expect(limits).toEqual([
      ['secret:digest:192.0.2.1', 10],
      ['secrets:192.0.2.1', 1_000],
      ['registration:192.0.2.1', 100],
    ]);
  });
});
