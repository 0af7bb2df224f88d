import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { signAssertion, verifyAssertion } from '../../../platform/auth/assertion.js';
import { answerClockTrouble } from '../../../platform/auth/clockTrouble.js';
import { loadServiceKeys, type ServiceKeys } from '../../../platform/auth/serviceKeys.js';

const call = {
  target: 'accounting',
  method: 'POST',
  path: '/graphql',
  body: Buffer.from('{}'),
  token: null,
  clientIp: '',
  userAgent: '',
  requestId: 'r',
} as const;

describe('clocks that differ', () => {
  let home: string;
  let gateway: ServiceKeys;
  let accounting: ServiceKeys;
  const told: string[] = [];

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
    gateway = await loadServiceKeys(home, 'gateway');
    accounting = { ...(await loadServiceKeys(home, 'accounting')), tell: (sentence) => void told.push(sentence) };
  });
  afterAll(() => rm(home, { recursive: true, force: true }));
  afterEach(() => {
    vi.useRealTimers();
    told.splice(0);
  });

  const signedAt = async (secondsFromNow: number): Promise<string> => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + secondsFromNow * 1_000 });
    const assertion = await signAssertion(gateway, call);
    vi.useRealTimers();
    return assertion;
  };

  it.each([
    [
      -60,
      /^A call of gateway is refused: it was signed (60|61) s ago by its clock, 30 are allowed; set the clocks of both machines \(this one says \S+Z\)\.$/,
    ],
    [
      60,
      /^A call of gateway is refused: it was signed (59|60) s from now by its clock; set the clocks of both machines/,
    ],
  ])('by %i s: the callee refuses and says so', async (seconds, sentence) => {
    const assertion = await signedAt(seconds);
    await expect(verifyAssertion(accounting, assertion, call)).rejects.toMatchObject({ code: 'ASSERTION_INVALID' });
    expect(told).toEqual([expect.stringMatching(sentence)]);
  });

  it('by less than their tolerance hinder nothing', async () => {
    await verifyAssertion(accounting, await signedAt(-3), call);
    await verifyAssertion(accounting, await signedAt(3), call);
    expect(told).toEqual([]);
  });

  it('are not blamed for what somebody else signed, or for another call', async () => {
    const assertion = await signedAt(-60);
    const forged = `${assertion.slice(0, -8)}AAAAAAAA`;
    await expect(verifyAssertion(accounting, forged, call)).rejects.toMatchObject({ code: 'ASSERTION_INVALID' });
    const other = { ...call, path: '/feed' };
    await expect(verifyAssertion(accounting, await signedAt(0), other)).rejects.toMatchObject({
      code: 'ASSERTION_INVALID',
    });
    expect(told.filter((sentence) => sentence.includes('clock'))).toEqual([]);
  });

  it('are found by the caller in the Date of the answer that refuses it', () => {
    const at = Date.parse('2026-11-28T12:00:00Z');
    const times = { peer: 'accounting', sentAtMs: at, receivedAtMs: at + 100 };
    const date = (seconds: number): string => new Date(at + seconds * 1_000).toUTCString();
    for (const seconds of [-4, 0, 5]) expect(answerClockTrouble(date(seconds), times)).toBeNull();
    expect(answerClockTrouble(date(-90), times)).toBe(
      "accounting refuses a call, and its clock is 90 s behind this machine's; set the clocks of both machines (this one says 2026-11-28T12:00:00.100Z).",
    );
    expect(answerClockTrouble(date(90), times)).toMatch(/its clock is 90 s ahead of this machine's/);
    // A slow answer is no clock: it was made at some time between question and answer.
    expect(answerClockTrouble(date(8), { ...times, receivedAtMs: at + 9_000 })).toBeNull();
    for (const nothing of [undefined, 'soon', ['a', 'b']]) expect(answerClockTrouble(nothing, times)).toBeNull();
  });
});
