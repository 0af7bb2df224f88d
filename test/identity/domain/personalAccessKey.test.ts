import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  formatAccessKey,
  isAccessKey,
  isKeyExpiry,
  isKeyLive,
} from '../../../subgraphs/identity/domain/personalAccessKey.js';

const now = new Date('2026-11-28T12:00:00Z');
const later = (milliseconds: number): Date => new Date(now.getTime() + milliseconds);
const DAY_MS = 86_400_000;

describe('the secret of a personal access key', () => {
  it('has a prefix, 256 bits in letters and digits, and a checksum', () => {
    expect(formatAccessKey(new Uint8Array(32))).toBe(`tgp_${'0'.repeat(43)}2IsRgk`);
    for (let round = 0; round < 100; round += 1) {
      const secret = formatAccessKey(randomBytes(32));
      expect(secret).toMatch(/^tgp_[0-9A-Za-z]{49}$/);
      expect(isAccessKey(secret)).toBe(true);
    }
    expect(formatAccessKey(Buffer.alloc(32, 255))).toMatch(/^tgp_[0-9A-Za-z]{49}$/);
  });

  it('is told from chance by its checksum', () => {
    const secret = formatAccessKey(randomBytes(32));
    for (let position = 4; position < secret.length; position += 1) {
      const other = secret.charAt(position) === 'a' ? 'b' : 'a';
      expect(isAccessKey(secret.slice(0, position) + other + secret.slice(position + 1))).toBe(false);
    }
    for (const text of ['', 'tgp_', secret.slice(1), `${secret}0`, secret.replace('tgp_', 'tgs_'), ` ${secret}`]) {
      expect(isAccessKey(text)).toBe(false);
    }
  });
});

describe('a personal access key', () => {
  const key = {
    id: 'pak_1',
    userId: 'usr_1',
    name: 'x',
    scopes: [],
    createdAt: now,
    expiresAt: later(1),
    lastUsedAt: null,
    revokedAt: null,
  };

  it('is live until it expires or is revoked', () => {
    expect(isKeyLive(key, now)).toBe(true);
    expect(isKeyLive(key, later(1))).toBe(false);
    expect(isKeyLive({ ...key, revokedAt: now }, now)).toBe(false);
  });

  it('ends in the future, at most a year ahead', () => {
    expect([1, 366 * DAY_MS].map((ms) => isKeyExpiry(later(ms), now))).toEqual([true, true]);
    expect([0, -1, 366 * DAY_MS + 1].map((ms) => isKeyExpiry(later(ms), now))).toEqual([false, false, false]);
  });
});
