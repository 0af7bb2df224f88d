import { describe, expect, it } from 'vitest';
import {
  absoluteExpiryFrom,
  idleExpiryFrom,
  isLive,
  type Session,
  tokenExpiryFrom,
} from '../../../subgraphs/identity/domain/session.js';

const createdAt = new Date('2026-01-01T00:00:00Z');
const absoluteExpiresAt = absoluteExpiryFrom(createdAt);
const session: Session = {
  id: 'ses_1',
  userId: 'usr_1',
  createdAt,
  lastUsedAt: createdAt,
  expiresAt: idleExpiryFrom(createdAt, absoluteExpiresAt),
  absoluteExpiresAt,
  endedAt: null,
  ipAddress: null,
  userAgent: null,
  clientName: null,
  scopes: null,
};

describe('session', () => {
  it('ends 12 hours after its last use, and 30 days after the log-in at the latest', () => {
    expect(session.expiresAt.toISOString()).toBe('2026-01-01T12:00:00.000Z');
    expect(absoluteExpiresAt.toISOString()).toBe('2026-01-31T00:00:00.000Z');
    const late = new Date('2026-01-30T20:00:00Z');
    expect(idleExpiryFrom(late, absoluteExpiresAt)).toEqual(absoluteExpiresAt);
  });

  it('that comes of another ends no later than that one', () => {
    const soon = new Date('2026-01-02T00:00:00Z');
    expect(absoluteExpiryFrom(createdAt, soon)).toEqual(soon);
    expect(absoluteExpiryFrom(createdAt, new Date('2027-01-01T00:00:00Z'))).toEqual(absoluteExpiresAt);
  });

  it('has access tokens that live as long as configured and never outlive it', () => {
    expect(tokenExpiryFrom(createdAt, 600_000, absoluteExpiresAt).toISOString()).toBe('2026-01-01T00:10:00.000Z');
    expect(tokenExpiryFrom(new Date('2026-01-30T23:55:00Z'), 600_000, absoluteExpiresAt)).toEqual(absoluteExpiresAt);
  });

  it('is live until it expires or has ended', () => {
    expect(isLive(session, new Date('2026-01-01T11:59:59Z'))).toBe(true);
    expect(isLive(session, new Date('2026-01-01T12:00:00Z'))).toBe(false);
    expect(isLive({ ...session, endedAt: createdAt }, createdAt)).toBe(false);
  });
});
