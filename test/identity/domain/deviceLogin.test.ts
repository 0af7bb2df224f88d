import { describe, expect, it } from 'vitest';
import {
  type DeviceLogin,
  intervalAfter,
  isShownTo,
  parseDeviceLoginWish,
  pollsTooEarly,
  shownState,
} from '../../../subgraphs/identity/domain/deviceLogin.js';

const now = new Date('2026-01-01T00:00:00Z');
const inSeconds = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const login: DeviceLogin = {
  id: 'dlg_1',
  checkPhrase: 'calm amber otter',
  clientName: 'tollgate',
  host: null,
  scopes: null,
  ipAddress: '192.0.2.1',
  userAgent: 'test',
  state: 'PENDING',
  createdAt: now,
  expiresAt: inSeconds(600),
  intervalSeconds: 5,
  nextPollAt: inSeconds(5),
  userId: null,
  approvedUntil: null,
};

describe('a device login', () => {
  it.each([
    [{ clientName: ' cli ' }, { clientName: 'cli', host: null, scopes: null }],
    [
      { clientName: 'cli', host: 'login1', scopes: [] },
      { clientName: 'cli', host: 'login1', scopes: [] },
    ],
    [
      { clientName: 'cli', scopes: ['storage:read', 'storage:read'] },
      { clientName: 'cli', host: null, scopes: ['storage:read'] },
    ],
  ])('is asked for by %j', (input, wish) => {
    expect(parseDeviceLoginWish(input)).toEqual({ ok: true, value: wish });
  });

  it.each([
    [{ clientName: '' }, 'clientName'],
    [{ clientName: 'x'.repeat(101) }, 'clientName'],
    [{ clientName: 'cli\u202e' }, 'clientName'],
    [{ clientName: 'cli', host: 'x'.repeat(101) }, 'host'],
    [{ clientName: 'cli', scopes: ['everything'] }, 'scopes'],
    [{ clientName: 'cli', scopes: Array<string>(33).fill('storage:read') }, 'scopes'],
  ])('is not asked for by %j', (input, field) => {
    expect(parseDeviceLoginWish(input)).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: [field] } });
  });

  it('expires unless the device came for its session', () => {
    for (const state of ['PENDING', 'APPROVED', 'DENIED'] as const) {
      expect(shownState({ ...login, state }, inSeconds(599))).toBe(state);
      expect(shownState({ ...login, state }, inSeconds(600))).toBe('EXPIRED');
    }
    expect(shownState({ ...login, state: 'COMPLETED' }, inSeconds(600))).toBe('COMPLETED');
  });

  it('is shown to whoever has its code until it is decided or too old, then to who decided', () => {
    expect(isShownTo(login, 'usr_1', now)).toBe(true);
    expect(isShownTo(login, 'usr_1', inSeconds(600))).toBe(false);
    const decided = { ...login, state: 'DENIED', userId: 'usr_1' } as const;
    expect(isShownTo(decided, 'usr_1', inSeconds(600))).toBe(true);
    expect(isShownTo(decided, 'usr_2', now)).toBe(false);
  });

  it('is polled at its interval, which grows by five seconds where it was not, up to ten minutes', () => {
    expect(pollsTooEarly(login, inSeconds(4))).toBe(true);
    expect(pollsTooEarly(login, inSeconds(5))).toBe(false);
    expect(intervalAfter(login, false)).toBe(5);
    expect(intervalAfter(login, true)).toBe(10);
    expect(intervalAfter({ ...login, intervalSeconds: 598 }, true)).toBe(600);
  });
});
