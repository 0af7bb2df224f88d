import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import type { CallOptions } from '../../support/subgraph.js';
import { type IdentityHarness, startIdentityHarness, type TestSession } from '../support/identityHarness.js';
import { runMutation } from '../support/runMutation.js';

let identity: IdentityHarness;

beforeAll(async () => {
  identity = await startIdentityHarness();
});
afterAll(() => identity.stop());

interface Started {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  readonly verificationUriComplete: string;
  readonly qrCodeSvg: string;
  readonly checkPhrase: string;
  readonly expiresAt: string;
  readonly interval: number;
}

const STARTED = 'deviceCode userCode verificationUri verificationUriComplete qrCodeSvg checkPhrase expiresAt interval';
const DEVICE_LOGIN = 'id status clientName host ipAddress userAgent checkPhrase scopes createdAt expiresAt';

async function start(input: object = {}, options: CallOptions = { clientIp: '198.51.100.9' }): Promise<Started> {
  const wish = { clientName: 'tollgate cli', host: 'login1.example.org', ...input };
  const { payload, outcome } = await runMutation<Started>(identity, 'startDeviceLogin', wish, STARTED, options);
  if (payload === null || payload.deviceCode === null) throw new Error(outcome);
  return payload as Started;
}

const poll = (deviceCode: string) =>
  runMutation<{
    accessToken: string;
    refreshToken: string;
    session: { id: string; clientName: string; ipAddress: string };
  }>(
    identity,
    'pollDeviceLogin',
    { deviceCode },
    'accessToken refreshToken expiresAt session { id clientName ipAddress }',
    { clientIp: '198.51.100.9' },
  );

const decide = (name: 'approveDeviceLogin' | 'denyDeviceLogin', userCode: string, token?: string) =>
  runMutation<{ deviceLogin: { status: string } }>(
    identity,
    name,
    { userCode },
    `deviceLogin { ${DEVICE_LOGIN} }`,
    token === undefined ? {} : { token },
  );

const look = (userCode: string, options: CallOptions) =>
  identity.call<{ deviceLogin: Record<string, unknown> | null }>(
    `query ($userCode: String!) { deviceLogin(userCode: $userCode) { ${DEVICE_LOGIN} } }`,
    { userCode },
    options,
  );

const newToken = async (): Promise<string> => (await identity.logIn(await identity.newPerson())).accessToken;

const absoluteEndOf = async (sessionId: string): Promise<unknown> => {
  const rows = await identity.sql<{ absolute_expires_at: Date }>(
    'SELECT absolute_expires_at FROM session WHERE id = $1',
    [sessionId],
  );
  return rows[0]?.absolute_expires_at;
};

/** Waits until so many statements of this database wait for others. */
const untilWaiting = (count: number): Promise<void> =>
  vi.waitFor(
    async () => {
      const waiting = `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid)
                       WHERE NOT granted AND datname = current_database()`;
      expect(await identity.sql(waiting)).toHaveLength(count);
    },
    { timeout: 10_000 },
  );

/** Has two calls wait for a person's row, one behind the other, and lets them go on in that order. */
async function oneAfterTheOther<First, Second>(
  { id }: { readonly id: string },
  first: () => Promise<First>,
  second: () => Promise<Second>,
): Promise<[First, Second]> {
  const holder = new pg.Client({ connectionString: identity.settings.database.ownerUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM "user" WHERE id = $1 FOR UPDATE', [id]);
    const one = first();
    await untilWaiting(1);
    const other = second();
    await untilWaiting(2);
    await holder.query('COMMIT');
    return [await one, await other];
  } finally {
    await holder.end();
  }
}

interface Me {
  readonly viewer: { scopes: string[]; user: { id: string }; session: { id: string } };
}
const me = async (token: string) =>
  (await identity.call<Me>('{ viewer { scopes user { id } session { id } } }', {}, { token })).data?.viewer;

describe('a device login', () => {
  it('shows code, address, QR code and phrase on the device, and the same phrase to who approves', async () => {
    const token = await newToken();
    const started = await start({ scopes: ['storage:read'] });
    expect(started.userCode).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/);
    expect(started.verificationUri).toBe('http://tollgate.test/device');
    expect(started.verificationUriComplete).toBe(`http://tollgate.test/device?userCode=${started.userCode}`);
    expect(started.qrCodeSvg).toContain('<svg');
    expect(started.interval).toBe(5);
    expect(Date.parse(started.expiresAt) - identity.clock.now().getTime()).toBe(600_000);
    const shown = await look(started.userCode.toLowerCase().replace('-', ' '), { token });
    expect(shown.data?.deviceLogin).toMatchObject({
      status: 'PENDING',
      clientName: 'tollgate cli',
      host: 'login1.example.org',
      ipAddress: '198.51.100.9',
      userAgent: 'test',
      checkPhrase: started.checkPhrase,
      scopes: ['storage:read'],
      createdAt: identity.clock.now().toISOString(),
      expiresAt: started.expiresAt,
    });
    expect(shown.data?.deviceLogin?.['id']).toMatch(/^dlg_/);
  });

  it('opens one session for the approver once, with what was asked for and no more, that lives like any other', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    const { deviceCode, userCode } = await start({ scopes: ['storage:read', 'compute:submit'] });
    expect((await poll(deviceCode)).outcome).toBe('AUTHORIZATION_PENDING');
    expect((await decide('approveDeviceLogin', userCode, token)).payload?.deviceLogin?.status).toBe('APPROVED');
    const { payload } = await poll(deviceCode);
    expect(payload?.session).toMatchObject({ clientName: 'tollgate cli', ipAddress: '198.51.100.9' });
    const viewer = await me(payload?.accessToken ?? '');
    expect(viewer).toMatchObject({ user: { id: person.id }, session: { id: payload?.session?.id } });
    expect(viewer?.scopes.toSorted()).toEqual(['compute:submit', 'storage:read']);
    expect((await poll(deviceCode)).outcome).toBe('EXPIRED_TOKEN');
    // Refreshing does not widen it.
    const refreshed = await runMutation<{ accessToken: string }>(
      identity,
      'refreshSession',
      { refreshToken: payload?.refreshToken },
      'accessToken',
    );
    const later = await me(refreshed.payload?.accessToken ?? '');
    expect(later?.scopes.toSorted()).toEqual(['compute:submit', 'storage:read']);
    expect((await look(userCode, { token })).data?.deviceLogin?.['status']).toBe('COMPLETED');
  });

  it('opens one session for 20 parallel polls', async () => {
    const { deviceCode, userCode } = await start();
    await decide('approveDeviceLogin', userCode, await newToken());
    const outcomes = (await Promise.all(Array.from({ length: 20 }, () => poll(deviceCode)))).map(
      ({ outcome }) => outcome,
    );
    expect(outcomes.toSorted()).toEqual([...Array<string>(19).fill('EXPIRED_TOKEN'), 'OK']);
    const rows = await identity.sql('SELECT 1 FROM session WHERE client_name IS NOT NULL AND created_at = $1', [
      identity.clock.now(),
    ]);
    expect(rows).toHaveLength(1);
  });

  it('has all of the scopes of its person where none were named', async () => {
    const token = await newToken();
    const { deviceCode, userCode } = await start();
    await decide('approveDeviceLogin', userCode, token);
    const { payload } = await poll(deviceCode);
    expect((await me(payload?.accessToken ?? ''))?.scopes).toEqual((await me(token))?.scopes);
  });

  it('answers SLOW_DOWN to polls that come too early, and lengthens the interval by five seconds each time', async () => {
    const { deviceCode } = await start();
    const outcomes: string[] = [];
    for (const seconds of [0, 4, 9, 15, 16, 14]) {
      identity.clock.advance(seconds);
      outcomes.push((await poll(deviceCode)).outcome);
    }
    // Intervals: 5, then 10, 15, 15, 15, and 20 after the last.
    expect(outcomes).toEqual([
      'AUTHORIZATION_PENDING',
      'SLOW_DOWN',
      'SLOW_DOWN',
      'AUTHORIZATION_PENDING',
      'AUTHORIZATION_PENDING',
      'SLOW_DOWN',
    ]);
  });

  it('lets nobody in who was denied, with ACCESS_DENIED, and says so again', async () => {
    const token = await newToken();
    const { deviceCode, userCode } = await start();
    for (const _time of [1, 2]) {
      expect((await decide('denyDeviceLogin', userCode, token)).payload?.deviceLogin?.status).toBe('DENIED');
    }
    expect((await poll(deviceCode)).outcome).toBe('ACCESS_DENIED');
    expect((await decide('approveDeviceLogin', userCode, token)).outcome).toBe('DEVICE_LOGIN_DECIDED');
    expect((await poll(deviceCode)).outcome).toBe('ACCESS_DENIED');
  });

  it('is decided once, also in parallel, and is nobody else’s afterwards', async () => {
    const tokens = [await newToken(), await newToken(), await newToken()];
    const { userCode, deviceCode } = await start();
    const outcomes = await Promise.all(
      tokens.flatMap((token) => [
        decide('approveDeviceLogin', userCode, token),
        decide('denyDeviceLogin', userCode, token),
      ]),
    );
    expect(outcomes.filter(({ outcome }) => outcome === 'OK')).toHaveLength(1);
    for (const { outcome } of outcomes) expect(['OK', 'NOT_FOUND', 'DEVICE_LOGIN_DECIDED']).toContain(outcome);
    const shown = await Promise.all(tokens.map((token) => look(userCode, { token })));
    expect(shown.filter(({ data }) => data?.deviceLogin != null)).toHaveLength(1);
    expect(['OK', 'ACCESS_DENIED']).toContain((await poll(deviceCode)).outcome);
  });

  it('ends after ten minutes: EXPIRED_TOKEN for the device, NOT_FOUND for who would approve', async () => {
    const token = await newToken();
    const [pending, approved] = [await start(), await start()];
    await decide('approveDeviceLogin', approved.userCode, token);
    identity.clock.advance(600);
    for (const { deviceCode } of [pending, approved]) expect((await poll(deviceCode)).outcome).toBe('EXPIRED_TOKEN');
    const fresh = await newToken();
    expect((await decide('approveDeviceLogin', pending.userCode, fresh)).outcome).toBe('NOT_FOUND');
    expect((await look(pending.userCode, { token: fresh })).errors[0]?.extensions.code).toBe('NOT_FOUND');
  });

  it.each(['', 'tgc_unknown', 'x'.repeat(100_000)])('knows no device code %#: EXPIRED_TOKEN', async (deviceCode) => {
    expect((await poll(deviceCode)).outcome).toBe('EXPIRED_TOKEN');
  });

  it('cannot be polled with the user code, nor approved with the device code', async () => {
    const token = await newToken();
    const { userCode, deviceCode } = await start();
    expect((await poll(userCode)).outcome).toBe('EXPIRED_TOKEN');
    expect((await decide('approveDeviceLogin', deviceCode, token)).outcome).toBe('NOT_FOUND');
  });

  it('opens nothing for a person who was disabled meanwhile, nor after all sessions were revoked', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    const [first, second] = [await start(), await start()];
    await decide('approveDeviceLogin', first.userCode, token);
    await runMutation(identity, 'revokeOtherSessions', {}, '', { token });
    expect((await poll(first.deviceCode)).outcome).toBe('ACCESS_DENIED');
    await decide('approveDeviceLogin', second.userCode, token);
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [person.id]);
    expect((await poll(second.deviceCode)).outcome).toBe('ACCESS_DENIED');
  });

  it.each([
    [
      'revoked by its person',
      (session: TestSession, other: TestSession) =>
        runMutation(identity, 'revokeSession', { sessionId: session.sessionId }, '', { token: other.accessToken }),
    ],
    ['logged out', (session: TestSession) => runMutation(identity, 'logOut', {}, '', { token: session.accessToken })],
    [
      'ended because its refresh token came twice',
      async ({ refreshToken }: TestSession) => {
        await runMutation(identity, 'refreshSession', { refreshToken }, '');
        return runMutation(identity, 'refreshSession', { refreshToken }, '');
      },
    ],
  ])('is taken back where the session alone that approved it is %s, and no other’s is', async (_how, end) => {
    const person = await identity.newPerson();
    const [session, other] = [await identity.logIn(person), await identity.logIn(person)];
    const [first, second] = [await start(), await start()];
    await decide('approveDeviceLogin', first.userCode, session.accessToken);
    await decide('approveDeviceLogin', second.userCode, other.accessToken);
    await end(session, other);
    const seen = await look(first.userCode, { token: other.accessToken });
    expect(seen.data?.deviceLogin?.['status']).toBe('DENIED');
    expect((await poll(first.deviceCode)).outcome).toBe('ACCESS_DENIED');
    expect((await poll(second.deviceCode)).outcome).toBe('OK');
  });

  it('is not approved by a session that is revoked alone at the same moment', async () => {
    const person = await identity.newPerson();
    const [thiefs, own] = [await identity.logIn(person), await identity.logIn(person)];
    const { deviceCode, userCode } = await start();
    const [revoked, approved] = await oneAfterTheOther(
      person,
      () => runMutation(identity, 'revokeSession', { sessionId: thiefs.sessionId }, '', { token: own.accessToken }),
      () => decide('approveDeviceLogin', userCode, thiefs.accessToken),
    );
    expect([revoked.outcome, approved.outcome]).toEqual(['OK', 'UNAUTHENTICATED']);
    expect((await poll(deviceCode)).outcome).toBe('AUTHORIZATION_PENDING');
  });

  it('cannot be given more than the approver’s own session has: SCOPE_EXCEEDED', async () => {
    const token = await newToken();
    const narrow = await start({ scopes: ['storage:read'] });
    await decide('approveDeviceLogin', narrow.userCode, token);
    const device = (await poll(narrow.deviceCode)).payload?.accessToken ?? '';
    for (const scopes of [['storage:write'], ['compute:control'], null]) {
      const { userCode } = await start({ scopes });
      expect((await decide('approveDeviceLogin', userCode, device)).outcome).toBe('SCOPE_EXCEEDED');
    }
    const same = await start({ scopes: ['storage:read'] });
    expect((await decide('approveDeviceLogin', same.userCode, device)).outcome).toBe('OK');
  });

  it('ends no later than the session that approved it, also by a chain of approvals', async () => {
    const first = await identity.logIn(await identity.newPerson());
    let token = first.accessToken;
    const ends: unknown[] = [];
    for (const _link of [1, 2]) {
      identity.clock.advance(60);
      const { deviceCode, userCode } = await start();
      expect((await decide('approveDeviceLogin', userCode, token)).outcome).toBe('OK');
      const { payload } = await poll(deviceCode);
      token = payload?.accessToken ?? '';
      ends.push(await absoluteEndOf(payload?.session?.id ?? ''));
    }
    const end = await absoluteEndOf(first.sessionId);
    expect(ends).toEqual([end, end]);
  });

  it('is not redeemed when the session that approved it is over by then: ACCESS_DENIED', async () => {
    const { accessToken: token, sessionId } = await identity.logIn(await identity.newPerson());
    const { deviceCode, userCode } = await start();
    const soon = new Date(identity.clock.now().getTime() + 60_000);
    await identity.sql('UPDATE session SET expires_at = $2, absolute_expires_at = $2 WHERE id = $1', [sessionId, soon]);
    expect((await decide('approveDeviceLogin', userCode, token)).outcome).toBe('OK');
    identity.clock.advance(60);
    expect((await poll(deviceCode)).outcome).toBe('ACCESS_DENIED');
  });

  it('is not approved by a session that ends at the same moment, nor for a person who is disabled', async () => {
    const person = await identity.newPerson();
    const [thiefs, own] = [await identity.logIn(person), await identity.logIn(person)];
    const { deviceCode, userCode } = await start();
    const [revoked, approved] = await oneAfterTheOther(
      person,
      () => runMutation(identity, 'revokeOtherSessions', {}, '', { token: own.accessToken }),
      () => decide('approveDeviceLogin', userCode, thiefs.accessToken),
    );
    expect([revoked.outcome, approved.outcome]).toEqual(['OK', 'UNAUTHENTICATED']);
    expect((await poll(deviceCode)).outcome).toBe('AUTHORIZATION_PENDING');
    await identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [person.id]);
    expect((await decide('approveDeviceLogin', userCode, own.accessToken)).outcome).toBe('UNAUTHENTICATED');
  });

  it('gives a device that an operator let in no operator’s rights, where scopes were named', async () => {
    const { accessToken: token } = await identity.logIn(await identity.operator());
    const everything = (await me(token))?.scopes;
    const [narrow, whole] = [await start({ scopes: everything }), await start()];
    for (const { userCode } of [narrow, whole]) await decide('approveDeviceLogin', userCode, token);
    const disable = async (deviceCode: string): Promise<string> => {
      const { payload } = await poll(deviceCode);
      const input = {
        idempotencyKey: deviceCode.slice(0, 40),
        name: deviceCode.slice(0, 40),
        scopes: [],
        clusterIds: [],
      };
      return (await runMutation(identity, 'createServiceAccount', input, '', { token: payload?.accessToken ?? '' }))
        .outcome;
    };
    expect(await disable(narrow.deviceCode)).toBe('FORBIDDEN');
    expect(await disable(whole.deviceCode)).toBe('OK');
  });

  it('gives a narrowed session nothing private to read, and no say over the person’s other sessions', async () => {
    const person = await identity.newPerson();
    const { accessToken: token } = await identity.logIn(person);
    const [narrow, whole] = [await start({ scopes: ['storage:read'] }), await start()];
    for (const { userCode } of [narrow, whole]) await decide('approveDeviceLogin', userCode, token);
    const narrowed = (await poll(narrow.deviceCode)).payload?.accessToken ?? '';
    const full = (await poll(whole.deviceCode)).payload?.accessToken ?? '';
    const query = `{ viewer { user { status email sessions { nodes { id } } personalAccessKeys { nodes { id } }
      invitations { nodes { group { id } } } } } }`;
    const seen = await identity.call<{ viewer: { user: object } }>(query, {}, { token: narrowed });
    expect(seen.data?.viewer.user).toEqual({
      status: 'ACTIVE',
      email: null,
      sessions: null,
      personalAccessKeys: null,
      invitations: null,
    });
    expect(seen.errors.map(({ extensions }) => extensions.code)).toEqual(Array(4).fill('NOT_FOUND'));
    expect((await identity.call(query, {}, { token: full })).errors).toEqual([]);
    const outcomeOf = async (name: string, input: object, as: string) =>
      (await runMutation(identity, name, input, '', { token: as })).outcome;
    expect(await outcomeOf('logOut', { all: true }, narrowed)).toBe('FORBIDDEN');
    expect(await outcomeOf('revokeOtherSessions', {}, narrowed)).toBe('FORBIDDEN');
    const others = (await identity.logIn(person)).sessionId;
    for (const sessionId of [others, newId('session')]) {
      // Refused alike, so that it does not learn which sessions there are.
      expect(await outcomeOf('revokeSession', { sessionId }, narrowed)).toBe('FORBIDDEN');
      expect(await outcomeOf('logOut', { sessionId }, narrowed)).toBe('FORBIDDEN');
    }
    // What ends a program's work is refused before it is looked for, too.
    const mandateId = newId('mandate');
    expect(await outcomeOf('revokeMandate', { mandateId }, narrowed)).toBe('FORBIDDEN');
    expect(await outcomeOf('revokeMandate', { mandateId }, full)).toBe('NOT_FOUND');
    const personalAccessKeyId = newId('personalAccessKey');
    expect(await outcomeOf('revokePersonalAccessKey', { personalAccessKeyId }, narrowed)).toBe('FORBIDDEN');
    expect(await outcomeOf('revokePersonalAccessKey', { personalAccessKeyId }, full)).toBe('NOT_FOUND');
    const trail = '{ viewer { user { audit { identity { nodes { id } } } } } }';
    const read = await identity.call<{ viewer: { user: object } }>(trail, {}, { token: narrowed });
    expect([read.data?.viewer.user, read.errors[0]?.extensions.code]).toEqual([{ audit: null }, 'NOT_FOUND']);
    expect((await identity.call(trail, {}, { token: full })).errors).toEqual([]);
    expect(await me(full)).toBeDefined();
    expect(await outcomeOf('revokeSession', { sessionId: others }, full)).toBe('OK');
    expect(await outcomeOf('logOut', {}, narrowed)).toBe('OK');
    expect(await outcomeOf('revokeOtherSessions', {}, full)).toBe('OK');
  });

  it('is for people in person to decide', async () => {
    const { userCode } = await start();
    for (const name of ['approveDeviceLogin', 'denyDeviceLogin'] as const) {
      expect((await decide(name, userCode)).outcome).toBe('UNAUTHENTICATED');
      expect((await runMutation(identity, name, { userCode }, '', { as: 'access' })).outcome).toBe('FORBIDDEN');
    }
    expect((await look(userCode, {})).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await look(userCode, { as: 'access' })).errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('bounds guesses of user codes by person, whichever way they are tried, and lets others go on', async () => {
    const [guesser, other] = [await newToken(), await newToken()];
    const { userCode } = await start();
    for (let guess = 0; guess < 5; guess += 1) {
      expect((await look('BBBB-BBBB', { token: guesser })).errors[0]?.extensions.code).toBe('NOT_FOUND');
      expect((await decide('approveDeviceLogin', `BBBB-BBB${guess}`, guesser)).outcome).toBe('NOT_FOUND');
    }
    // From here on a right one is not told from a wrong one.
    expect((await decide('approveDeviceLogin', userCode, guesser)).outcome).toBe('RATE_LIMITED');
    const { errors } = await look('CCCC-CCCC', { token: guesser });
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) });
    expect((await decide('approveDeviceLogin', userCode, other)).outcome).toBe('OK');
    identity.clock.advance(900);
  });

  it('bounds guesses of user codes by network, whoever makes them', async () => {
    await identity.sql(
      `INSERT INTO failure_counter (key, failures, window_ends_at) VALUES ('user-codes:203.0.113.5', 50, $1)`,
      [new Date(identity.clock.now().getTime() + 60_000)],
    );
    const token = await newToken();
    const { errors } = await look('BBBB-BBBB', { token, clientIp: '203.0.113.5' });
    expect(errors[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 30 });
  });

  it('is begun at most a hundred times from one network in a window', async () => {
    const from = { clientIp: '203.0.113.77' };
    const outcomes = await Promise.all(
      Array.from(
        { length: 110 },
        async () => (await runMutation(identity, 'startDeviceLogin', { clientName: 'flood' }, '', from)).outcome,
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'OK').length).toBeLessThanOrEqual(100);
    expect(outcomes.filter((outcome) => outcome === 'RATE_LIMITED').length).toBeGreaterThanOrEqual(10);
  });

  it.each([
    [{ clientName: '' }, 'clientName'],
    [{ clientName: 'cli', host: '' }, 'host'],
    [{ clientName: 'cli', scopes: ['root'] }, 'scopes'],
  ])('is not begun by %j: INVALID_INPUT', async (input, field) => {
    const { payload } = await runMutation(
      identity,
      'startDeviceLogin',
      input,
      'deviceCode userCode verificationUri interval again: refusal { ... on InvalidInput { path } }',
    );
    expect(payload).toMatchObject({
      deviceCode: null,
      userCode: null,
      refusal: { code: 'INVALID_INPUT' },
      again: { path: [field] },
    });
  });

  it('leaves entries in the audit for each step but the waiting, and keeps neither code', async () => {
    const token = await newToken();
    const { deviceCode, userCode } = await start();
    await poll(deviceCode);
    await decide('approveDeviceLogin', userCode, token);
    await poll(deviceCode);
    const [row] = await identity.sql<{ id: string; text: string }>(
      'SELECT id, row_to_json(device_login)::text AS text FROM device_login ORDER BY id DESC LIMIT 1',
    );
    expect(row?.text).not.toContain(userCode);
    expect(row?.text).not.toContain(deviceCode);
    const entries = await identity.sql(
      'SELECT action, outcome FROM platform.audit_entry WHERE target = $1 ORDER BY id',
      [row?.id],
    );
    expect(entries).toEqual([
      { action: 'startDeviceLogin', outcome: 'OK' },
      { action: 'approveDeviceLogin', outcome: 'OK' },
      { action: 'pollDeviceLogin', outcome: 'OK' },
    ]);
    expect(identity.logged()).not.toContain(userCode);
  });

  it('survives a restart between approval and poll', async () => {
    const token = await newToken();
    const { deviceCode, userCode } = await start();
    await decide('approveDeviceLogin', userCode, token);
    await identity.restart();
    expect((await poll(deviceCode)).outcome).toBe('OK');
  });
});
