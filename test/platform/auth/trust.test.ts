import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import pino from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type FeedFollower, followFeed } from '../../../platform/auth/feedFollower.js';
import type { FeedProjection } from '../../../platform/auth/feedProjection.js';
import { FEED_START } from '../../../platform/auth/feedRow.js';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { makeTrust, type Trust } from '../../../platform/auth/trust.js';
import { newId } from '../../../platform/kernel/ids.js';
import { httpFeedSource } from '../../../platform/peers/httpFeedSource.js';
import type { ServiceSettings } from '../../../platform/server/settings.js';
import { startTestIdentity, TEST_ISSUER, type TestIdentity } from '../../support/testIdentity.js';

describe('trust', () => {
  let home: string;
  let identity: TestIdentity;
  let feed: FeedFollower;
  let trust: Trust;
  const userId = newId('user');

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
    identity = await startTestIdentity();
    const settings: ServiceSettings = {
      service: 'accounting',
      home,
      host: '127.0.0.1',
      variables: {},
      port: 0,
      issuer: TEST_ISSUER,
      database: { ownerUrl: '', appUrl: '' },
      peerUrl: async () => identity.url,
      keys: await loadServiceKeys(home, 'accounting'),
    };
    const forgetful: FeedProjection = {
      load: async () => ({ position: FEED_START, states: [], lostAt: null }),
      apply: async () => true,
      replace: async () => true,
    };
    feed = await followFeed(httpFeedSource(settings), forgetful, pino({ level: 'silent' }));
    await feed.ready;
    trust = makeTrust({ feed, issuer: TEST_ISSUER, service: 'accounting' });
  });
  afterEach(async () => {
    await feed.stop();
    await identity.stop();
    await rm(home, { recursive: true, force: true });
  });

  const refused = (token: string) =>
    expect(trust.viewerOf('gateway', token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });

  it('knows a person by the token', async () => {
    const viewer = await trust.viewerOf('gateway', await identity.issueToken({ subject: userId, scopes: ['a', 'b'] }));
    expect(viewer).toMatchObject({ kind: 'person', userId, operator: false, actor: null });
    expect(viewer.kind === 'person' && [...viewer.scopes]).toEqual(['a', 'b']);
  });

  it('knows an operator by the feed, not by the token', async () => {
    identity.publish({ kind: 'USER', subject: userId, state: 'ACTIVE', data: { operator: true } });
    await feed.refresh();
    const token = await identity.issueToken({ subject: userId });
    expect(await trust.viewerOf('gateway', token)).toMatchObject({ operator: true });
  });

  it('gives a token that was narrowed no operator rights', async () => {
    identity.publish({ kind: 'USER', subject: userId, state: 'ACTIVE', data: { operator: true } });
    await feed.refresh();
    const token = await identity.issueToken({ subject: userId, restricted: true });
    expect(await trust.viewerOf('gateway', token)).toMatchObject({ operator: false, restricted: true });
  });

  it("knows a person's groups by the feed, as it is now", async () => {
    const groupId = newId('group');
    const token = await identity.issueToken({ subject: userId });
    const rolesNow = async () => {
      const viewer = await trust.viewerOf('gateway', token);
      return viewer.kind === 'person' ? [...viewer.roles] : [];
    };
    const publish = (state: string) =>
      identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, userId), state });
    expect(await rolesNow()).toEqual([]);
    publish('ADMIN');
    await vi.waitFor(async () => expect(await rolesNow()).toEqual([[groupId, 'ADMIN']]), { timeout: 10_000 });
    publish('NONE');
    await vi.waitFor(async () => expect(await rolesNow()).toEqual([]), { timeout: 10_000 });
  });

  it('takes a call without a token as anonymous from the gateway, as its own from a peer', async () => {
    expect(await trust.viewerOf('gateway', null)).toEqual({ kind: 'anonymous' });
    expect(await trust.viewerOf('access', null)).toEqual({ kind: 'service', service: 'access' });
  });

  it('lets an exchanged token work for its actor alone', async () => {
    const token = await identity.issueToken({ subject: userId, audience: 'accounting', actor: 'access' });
    expect(await trust.viewerOf('access', token)).toMatchObject({ kind: 'person', actor: 'access' });
    await expect(trust.viewerOf('compute', token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    await refused(token);
  });

  it('lets a program act for a person through the gateway, until the program is disabled, whoever goes on for both', async () => {
    const programId = newId('serviceAccount');
    const token = await identity.issueToken({ subject: userId, audience: 'accounting', actor: programId });
    const onwards = await identity.issueToken({
      subject: userId,
      audience: 'accounting',
      actor: 'access',
      through: programId,
    });
    expect(await trust.viewerOf('gateway', token)).toMatchObject({ userId, actor: programId, operator: false });
    await expect(trust.viewerOf('access', token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await trust.viewerOf('access', onwards)).toMatchObject({ userId, actor: 'access' });
    identity.publish({ kind: 'SERVICE', subject: programId, state: 'DISABLED' });
    await feed.refresh();
    await refused(token);
    await expect(trust.viewerOf('access', onwards)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it("lets a session's or a program's own token work through the gateway alone", async () => {
    for (const subject of [userId, newId('serviceAccount')]) {
      const token = await identity.issueToken({ subject });
      expect(await trust.viewerOf('gateway', token)).toBeDefined();
      await expect(trust.viewerOf('storage', token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });

  it.each([
    ['for another service', { audience: 'storage' }],
    ['that has expired', { expiresInSeconds: -1 }],
    ['of nobody', { subject: 'grp_01h455vb4pex5vsknk084sn02q' }],
  ])('refuses a token %s', async (_what, wish) => {
    await refused(await identity.issueToken({ subject: userId, ...wish }));
  });

  it('refuses a token of another key, type or algorithm', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const claims = () =>
      new SignJWT({ scope: '' })
        .setIssuer(TEST_ISSUER)
        .setAudience('tollgate')
        .setSubject(userId)
        .setJti('x')
        .setExpirationTime('5m');
    await refused(await claims().setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'test-key' }).sign(privateKey));
    await refused(
      await claims().setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: '../../etc/passwd' }).sign(privateKey),
    );
    await refused(await claims().setProtectedHeader({ alg: 'ES256', typ: 'at+jwt' }).sign(privateKey));
    await refused(
      await claims().setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', kid: 'test-key' }).sign(Buffer.alloc(32, 1)),
    );
    // Algorithms that keys of identity may have, but not this one.
    for (const alg of ['EdDSA', 'RS256']) {
      const other = await generateKeyPair(alg);
      await refused(await claims().setProtectedHeader({ alg, typ: 'at+jwt', kid: 'test-key' }).sign(other.privateKey));
    }
    await refused('');
    await refused('a.b.c');
  });

  it.each([
    ['SESSION', 'REVOKED', (): string => 'ses_01h455vb4pex5vsknk084sn02q'],
    ['TOKEN', 'REVOKED', (): string => 'token-1'],
    ['USER', 'DISABLED', (): string => userId],
  ] as const)('refuses from the moment a %s row is %s, also from the cache', async (kind, state, subject) => {
    const token = await identity.issueToken({
      subject: userId,
      sessionId: 'ses_01h455vb4pex5vsknk084sn02q',
      tokenId: 'token-1',
    });
    await trust.viewerOf('gateway', token);
    identity.publish({ kind, subject: subject(), state });
    // The long poll brings the row by itself.
    await vi.waitFor(() => refused(token), { timeout: 30_000 });
  });

  it('refuses every token of a retired key, also from the cache', async () => {
    const token = await identity.issueToken({ subject: userId });
    await trust.viewerOf('gateway', token);
    identity.publish({ kind: 'KEY', subject: 'test-key', state: 'RETIRED' });
    await vi.waitFor(() => refused(token), { timeout: 30_000 });
  });

  it('believes no token that identity issued before its database was found to be an older one, cached or not', async () => {
    const token = await identity.issueToken({ subject: userId });
    const issuedAtMs = (decodeJwt(token).iat ?? 0) * 1000;
    let lostAtMs = issuedAtMs - 1;
    const renewed = makeTrust({
      feed: { ...feed, lostAtMs: () => lostAtMs },
      issuer: TEST_ISSUER,
      service: 'accounting',
    });
    expect(await renewed.viewerOf('gateway', token)).toMatchObject({ userId });
    lostAtMs = issuedAtMs;
    await expect(renewed.viewerOf('gateway', token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(await renewed.viewerOf('access', null)).toMatchObject({ kind: 'service' });
  });

  it('says SUBGRAPH_UNAVAILABLE, not UNAUTHENTICATED, once the feed is too old to tell', async () => {
    const token = await identity.issueToken({ subject: userId });
    await trust.viewerOf('gateway', token);
    await identity.stop();
    const aged = { ...feed, ageMs: () => 30_001 };
    await expect(
      makeTrust({ feed: aged, issuer: TEST_ISSUER, service: 'accounting' }).viewerOf('gateway', token),
    ).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE', extensions: { service: 'identity' } });
    expect(await trust.viewerOf('access', null)).toMatchObject({ kind: 'service' });
  });
});
