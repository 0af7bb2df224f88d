import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { newId } from '../../../platform/kernel/ids.js';
import { attemptKeys, strangerLimits } from '../../../subgraphs/identity/domain/throttle.js';
import { PrismaClient } from '../../../subgraphs/identity/generated/prisma/client.js';
import { makeDatabase } from '../../../subgraphs/identity/persistence/database.js';
import type { RightLogIn } from '../../../subgraphs/identity/usecases/ports/logInStore.js';
import type { Database } from '../../../subgraphs/identity/usecases/ports.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';

let testDatabase: TestDatabase;
let prisma: PrismaClient;
let database: Database;
let logIn: RightLogIn;
let codeHash: Uint8Array;

beforeAll(async () => {
  testDatabase = await freshDatabase('identity');
  prisma = new PrismaClient({ adapter: prismaAdapter(testDatabase.appUrl, { poolSize: 25 }) });
  database = makeDatabase(prisma);
});
afterAll(async () => {
  await prisma.$disconnect();
  await testDatabase.drop();
});

/** Somebody with a password and a recovery code, and a log-in of theirs that is right. */
beforeEach(async () => {
  const now = new Date();
  const later = (hours: number): Date => new Date(now.getTime() + hours * 3_600_000);
  const id = newId('user');
  const user = {
    id,
    username: `p${id.slice(4)}`,
    displayName: 'P',
    email: null,
    status: 'ACTIVE',
    operator: false,
    createdAt: now,
    directoryId: null,
    disabledBy: null,
  } as const;
  const totpSecret = Buffer.alloc(40, 2);
  await database.users.insert({ ...user, passwordHash: 'a hash', totpSecret });
  codeHash = randomBytes(32);
  await database.recoveryCodes.insert(id, [codeHash]);
  const keys = attemptKeys(id, '192.0.2.1');
  logIn = {
    now,
    credentials: { user, passwordHash: 'a hash', totpSecret },
    factor: { codeHash },
    keys,
    limits: strangerLimits(keys),
    knownUntil: later(24),
    session: {
      id: newId('session'),
      userId: id,
      createdAt: now,
      lastUsedAt: now,
      expiresAt: later(12),
      absoluteExpiresAt: later(720),
      endedAt: null,
      ipAddress: '192.0.2.1',
      userAgent: 'test',
      clientName: null,
      scopes: null,
    },
    refreshTokenHash: randomBytes(32),
    device: { tokenHash: randomBytes(32), until: later(720), isKnown: false },
    audit: { requestId: 'r-1', detail: { factor: 'RECOVERY_CODE' } },
  };
});

const userId = (): string => logIn.credentials.user.id;

/** All that is there of a person. */
async function present() {
  const [trail] = await prisma.$queryRawUnsafe<{ entries: bigint }[]>(
    'SELECT count(*) AS entries FROM platform.audit_entry WHERE target = $1',
    userId(),
  );
  return {
    sessions: await prisma.session.count({ where: { userId: userId() } }),
    refreshTokens: await prisma.refreshToken.count({ where: { session: { userId: userId() } } }),
    codesLeft: await prisma.recoveryCode.count({ where: { userId: userId(), usedAt: null } }),
    devices: await prisma.rememberedDevice.count({ where: { userId: userId() } }),
    known: await prisma.failureCounter.count({ where: { key: logIn.keys.known } }),
    failures: await prisma.failureCounter.count({ where: { key: { in: [logIn.keys.password, logIn.keys.code] } } }),
    entries: Number(trail?.entries),
  };
}
const nothing = { sessions: 0, refreshTokens: 0, codesLeft: 1, devices: 0, known: 0, failures: 0, entries: 0 };
const everything = { sessions: 1, refreshTokens: 1, codesLeft: 0, devices: 1, known: 1, failures: 0, entries: 1 };

describe('a right log-in', () => {
  it('begins with who has the name, and with its counters', async () => {
    await database.failures.add([logIn.keys.password, logIn.keys.network], logIn.now);
    const { credentials, counts } = await database.logIns.start(logIn.credentials.user.username, logIn.keys);
    expect(credentials).toEqual({ ...logIn.credentials, totpSecret: new Uint8Array(Buffer.alloc(40, 2)) });
    const windowEndsAt = new Date(logIn.now.getTime() + 900_000);
    expect(counts).toContainEqual({ key: logIn.keys.password, failures: 1, windowEndsAt });
    for (const name of ['nobody', null]) {
      expect(await database.logIns.start(name, logIn.keys)).toEqual({ credentials: null, counts });
    }
    await database.failures.forget([logIn.keys.network]);
  });

  it('writes session, refresh token, code, device, counters and audit together', async () => {
    await database.failures.add([logIn.keys.password, logIn.keys.code], logIn.now);
    expect(await database.logIns.openAtOnce(logIn)).toBe(true);
    expect(await present()).toEqual(everything);
    expect(await database.sessions.find(logIn.session.id)).toEqual(logIn.session);
    const [entry] = await prisma.$queryRawUnsafe<object[]>(
      'SELECT actor, action, outcome, request_id, client_ip, detail FROM platform.audit_entry WHERE target = $1',
      userId(),
    );
    expect(entry).toEqual({
      actor: userId(),
      action: 'logIn',
      outcome: 'OK',
      request_id: 'r-1',
      client_ip: '192.0.2.1',
      detail: { factor: 'RECOVERY_CODE' },
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['another password', () => database.users.replacePassword(userId(), 'another hash')],
    [
      'another factor',
      () => prisma.user.update({ where: { id: userId() }, data: { totpSecret: Buffer.alloc(40, 3) } }),
    ],
    ['a closed account', () => database.users.disable(userId(), 'OPERATOR')],
    ['a spent code', () => database.recoveryCodes.use(userId(), codeHash, new Date())],
  ])('that meets %s writes nothing', async (_what, change) => {
    await change();
    const before = await present();
    expect(await database.logIns.openAtOnce(logIn)).toBe(false);
    expect(await present()).toEqual(before);
  });

  it.each(['password', 'code', 'anywhere', 'network'] as const)(
    'that meets a full counter (%s) writes nothing, and something once its window is over',
    async (name) => {
      const key = logIn.keys[name] ?? '';
      const limit = logIn.limits.get(key) ?? 0;
      const set = (failures: number, windowEndsAt: Date) =>
        prisma.failureCounter.upsert({
          where: { key },
          create: { key, failures, windowEndsAt },
          update: { failures, windowEndsAt },
        });
      await set(limit, new Date(logIn.now.getTime() + 1));
      const before = await present();
      expect(await database.logIns.openAtOnce(logIn)).toBe(false);
      expect(await present()).toEqual(before);
      await set(limit, logIn.now);
      expect(await database.logIns.openAtOnce(logIn)).toBe(true);
      await database.failures.forget([key]);
    },
  );

  it('moves the end of a device that is remembered, and writes nothing for one that was forgotten', async () => {
    const { device } = logIn;
    if (device === null) throw new Error('no device');
    const known = { ...logIn, device: { ...device, isKnown: true } };
    expect(await database.logIns.openAtOnce(known)).toBe(false);
    expect(await present()).toEqual(nothing);
    const soon = new Date(logIn.now.getTime() + 1_000);
    await database.devices.insert(device.tokenHash, userId(), { now: logIn.now, until: soon });
    expect(await database.logIns.openAtOnce(known)).toBe(true);
    expect(await present()).toEqual(everything);
    const [row] = await prisma.rememberedDevice.findMany({ where: { userId: userId() } });
    expect(row?.expiresAt).toEqual(device.until);
  });

  it('takes a one-time code that is newer than the last, once of 20 in parallel', async () => {
    const attempts = Array.from({ length: 20 }, () =>
      database.logIns.openAtOnce({
        ...logIn,
        factor: { step: 100 },
        device: null,
        session: { ...logIn.session, id: newId('session') },
        refreshTokenHash: randomBytes(32),
      }),
    );
    expect((await Promise.all(attempts)).filter((opened) => opened)).toHaveLength(1);
    expect(await database.logIns.openAtOnce({ ...logIn, factor: { step: 99 } })).toBe(false);
    expect(await present()).toMatchObject({ sessions: 1, codesLeft: 1, entries: 1 });
  });
});
