import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { avoidAddress, chooseAddress, hasOtherAwake } from '../../../platform/peers/peerAddresses.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => vi.useRealTimers());

const chosen = (addresses: readonly string[], times = 6): string[] =>
  Array.from({ length: times }, () => chooseAddress(addresses));

describe('addresses of a peer', () => {
  it('come in turn', () => {
    const addresses = ['http://turn-a', 'http://turn-b', 'http://turn-c'];
    expect([...chosen(addresses, 3)].sort()).toEqual(addresses);
    expect(chosen(addresses, 3)).toEqual(chosen(addresses, 3));
  });

  it('are left alone for a second after a connection to them failed', () => {
    const addresses = ['http://failed-a', 'http://failed-b'];
    avoidAddress('http://failed-a', 'FAILED');
    vi.advanceTimersByTime(999);
    expect(new Set(chosen(addresses))).toEqual(new Set(['http://failed-b']));
    vi.advanceTimersByTime(1);
    expect(new Set(chosen(addresses))).toEqual(new Set(addresses));
  });

  it('are left alone for as long as it takes to go when they say so', () => {
    const addresses = ['http://going-a', 'http://going-b'];
    avoidAddress('http://going-b', 'DRAINING');
    vi.advanceTimersByTime(4_999);
    expect(new Set(chosen(addresses))).toEqual(new Set(['http://going-a']));
    vi.advanceTimersByTime(1);
    expect(new Set(chosen(addresses))).toEqual(new Set(addresses));
  });

  it('are left alone for ten seconds after they kept silent', () => {
    const addresses = ['http://silent-a', 'http://silent-b'];
    expect(chosen(addresses, 2).map(hasOtherAwake)).toEqual([true, true]);
    avoidAddress('http://silent-a', 'SILENT');
    expect(addresses.map(hasOtherAwake)).toEqual([true, false]);
    vi.advanceTimersByTime(9_999);
    expect(new Set(chosen(addresses))).toEqual(new Set(['http://silent-b']));
    vi.advanceTimersByTime(1);
    expect(new Set(chosen(addresses))).toEqual(new Set(addresses));
  });

  it('are left alone no shorter for what is found of them meanwhile', () => {
    const addresses = ['http://twice-a', 'http://twice-b'];
    avoidAddress('http://twice-a', 'SILENT');
    avoidAddress('http://twice-a', 'FAILED');
    vi.advanceTimersByTime(9_999);
    expect(new Set(chosen(addresses))).toEqual(new Set(['http://twice-b']));
  });

  it('are chosen all the same where there is no other', () => {
    avoidAddress('http://alone', 'FAILED');
    expect(chosen(['http://alone'], 1)).toEqual(['http://alone']);
  });
});
