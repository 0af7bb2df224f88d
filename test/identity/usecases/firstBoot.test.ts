import { access, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verify } from '@node-rs/argon2';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentity } from '../../../subgraphs/identity/main.js';
import { emptyDatabase, type TestDatabase } from '../../support/database.js';
import { beginReplacement } from '../support/beginReplacement.js';
import { type IdentityHarness, type Payload, startIdentityHarness } from '../support/identityHarness.js';
import { issueMandate } from '../support/issueMandate.js';
import { runMutation } from '../support/runMutation.js';

const ISSUE = `mutation ($input: IssueServiceTokenInput!) { issueServiceToken(input: $input) { scopes refusal { code } } }`;

async function mayIssue(identity: IdentityHarness): Promise<boolean> {
  const { clientId, clientSecret } = JSON.parse(
    await readFile(join(identity.home, 'controllers', 'local.json'), 'utf8'),
  );
  const { data } = await identity.call<{ issueServiceToken: Payload<object> }>(ISSUE, {
    input: { clientId, clientSecret },
  });
  return data?.issueServiceToken.refusal === null;
}

describe('first start', () => {
  let identity: IdentityHarness;
  beforeEach(async () => {
    identity = await startIdentityHarness();
  });
  afterEach(() => identity.stop());

  it('leaves credentials of the operator and the local controller, for the owner alone', async () => {
    const operator = join(identity.home, 'operator.json');
    const controller = join(identity.home, 'controllers', 'local.json');
    for (const file of [operator, controller]) expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(JSON.parse(await readFile(operator, 'utf8'))).toEqual({
      username: 'operator',
      password: expect.stringMatching(/^[\w-]{24}$/),
      totpSecret: expect.stringMatching(/^[A-Z2-7]{32}$/),
    });
    expect(JSON.parse(await readFile(controller, 'utf8'))).toEqual({
      clientId: wellKnown.serviceAccountLocalController,
      clientSecret: expect.stringMatching(/^tgs_[\w-]{43}$/),
      clusterId: wellKnown.clusterLocal,
    });
    await identity.logIn(await identity.operator());
    expect(await mayIssue(identity)).toBe(true);
  });

  it('tells the feed of the key, the operator and who administers `local`', async () => {
    const rows = await identity.sql('SELECT sequence::int, kind, state, data FROM feed_row ORDER BY sequence');
    expect(rows).toEqual([
      { sequence: 1, kind: 'KEY', state: 'PUBLISHED', data: expect.objectContaining({ kty: 'EC', crv: 'P-256' }) },
      { sequence: 2, kind: 'USER', state: 'ACTIVE', data: { operator: true } },
      { sequence: 3, kind: 'MEMBERSHIP', state: 'ADMIN', data: {} },
    ]);
    expect(JSON.stringify(rows)).not.toContain('"d"');
  });

  it('changes nothing at the next start: files, rows and tokens stay good', async () => {
    const read = async () => [
      await readFile(join(identity.home, 'operator.json'), 'utf8'),
      await readFile(join(identity.home, 'controllers', 'local.json'), 'utf8'),
      await identity.sql('SELECT * FROM "user"'),
      await identity.sql('SELECT * FROM service_account'),
      await identity.sql('SELECT * FROM signing_key'),
      await identity.sql('SELECT * FROM group_member'),
      await identity.sql('SELECT * FROM feed_row'),
    ];
    const before = await read();
    await identity.restart();
    expect(await read()).toEqual(before);
    const { accessToken } = await identity.logIn(await identity.operator());
    await identity.restart();
    const { status } = await identity.call('{ viewer { scopes } }', {}, { token: accessToken });
    expect(status).toBe(200);
  });

  it('makes the controller a new secret where its file is lost, and leaves the operator alone', async () => {
    const operator = await identity.operator();
    await rm(join(identity.home, 'controllers', 'local.json'));
    await rm(join(identity.home, 'operator.json'));
    await identity.restart();
    expect(await mayIssue(identity)).toBe(true);
    await expect(access(join(identity.home, 'operator.json'))).rejects.toThrow('ENOENT');
    await identity.logIn(operator);
  });

  it('names the key-encryption key where it is lost, and works again when it is back', async () => {
    const file = join(identity.home, 'keys', 'identity', 'key-encryption.key');
    const key = await readFile(file, 'utf8');
    await rm(file);
    await expect(identity.restart()).rejects.toThrow(/key-encryption\.key is missing/);
    await writeFile(file, key);
    const running = await startIdentity({ ...identity.settings, service: 'identity' });
    expect(running.name).toBe('identity');
    await running.stop();
  });
});

describe('first start with IDENTITY_OPERATOR_NAME', () => {
  it('makes the operator of that name, folded as user names are, with a generated password', async () => {
    const identity = await startIdentityHarness(readIdentityConfig({ IDENTITY_OPERATOR_NAME: 'Root.Admin' }));
    try {
      const operator = await identity.operator();
      expect(operator).toMatchObject({ username: 'root.admin', password: expect.stringMatching(/^[\w-]{24}$/) });
      const { accessToken } = await identity.logIn(operator);
      const seen = await identity.call('{ viewer { user { username operator } } }', {}, { token: accessToken });
      expect(seen.data).toEqual({ viewer: { user: { username: 'root.admin', operator: true } } });
    } finally {
      await identity.stop();
    }
  });

  it('is no way to make another one the operator later, nor to rename', async () => {
    const config = { operatorName: 'operator', resetOperator: true };
    const identity = await startIdentityHarness(config);
    try {
      const alice = await identity.newPerson('alice');
      config.operatorName = 'alice';
      await rm(join(identity.home, 'operator.json'));
      await identity.restart();
      const after = await identity.operator();
      expect(after.username).toBe('operator');
      await identity.logIn(after);
      await identity.logIn(alice);
      expect(await identity.sql('SELECT username FROM "user" WHERE operator')).toEqual([{ username: 'operator' }]);
      config.operatorName = 'nobody-yet';
      await identity.restart();
      expect(await identity.sql('SELECT count(*)::int AS people FROM "user"')).toEqual([{ people: 2 }]);
    } finally {
      await identity.stop();
    }
  });
});

describe('first start with IDENTITY_RESET_OPERATOR', () => {
  it('gives the operator fresh credentials where the file is missing, and ends the sessions', async () => {
    const identity = await startIdentityHarness({ resetOperator: true });
    try {
      const before = await identity.operator();
      const { accessToken } = await identity.logIn(before);
      await identity.restart();
      expect(await identity.operator()).toEqual(before);
      await rm(join(identity.home, 'operator.json'));
      await identity.restart();
      const after = await identity.operator();
      expect(after.password).not.toBe(before.password);
      await identity.logIn(after);
      await expect(identity.logIn(before)).rejects.toThrow('INVALID_CREDENTIALS');
      expect((await identity.call('{ viewer { scopes } }', {}, { token: accessToken })).status).toBe(401);
    } finally {
      await identity.stop();
    }
  });

  it('leaves nothing good that somebody took before, and gives right and account back', async () => {
    const identity = await startIdentityHarness({ resetOperator: true });
    try {
      const before = await identity.operator();
      identity.clock.advance(30);
      const proof = async () => ({ password: before.password, code: await identity.codeOf(before) });
      const opened = await runMutation<{ accessToken: string; viewer: { user: { id: string } } }>(
        identity,
        'logIn',
        { username: before.username, ...(await proof()), rememberDevice: true },
        'accessToken viewer { user { id } }',
      );
      const token = opened.payload?.accessToken ?? '';
      const id = opened.payload?.viewer?.user.id ?? '';
      identity.clock.advance(30);
      const replacement = await beginReplacement(identity, before, token);
      identity.clock.advance(30);
      await runMutation(identity, 'regenerateRecoveryCodes', await proof(), '', { token });
      identity.clock.advance(30);
      const expiresAt = new Date(identity.clock.now().getTime() + 86_400_000).toISOString();
      const wish = { idempotencyKey: newId('audit'), name: 'backup', scopes: ['storage:read'], expiresAt };
      const key = await runMutation<{ secret: string }>(
        identity,
        'createPersonalAccessKey',
        { ...wish, ...(await proof()) },
        'secret',
        { token },
      );
      const mandateId = await issueMandate(identity, token);
      const started = await runMutation<{ deviceCode: string; userCode: string }>(
        identity,
        'startDeviceLogin',
        { clientName: 'cli' },
        'deviceCode userCode',
      );
      const { deviceCode, userCode } = started.payload ?? {};
      expect((await runMutation(identity, 'approveDeviceLogin', { userCode }, '', { token })).outcome).toBe('OK');
      await identity.sql(`UPDATE "user" SET status = 'DISABLED', operator = false WHERE id = $1`, [id]);

      await rm(join(identity.home, 'operator.json'));
      await identity.restart();
      const after = await identity.operator();
      const { accessToken } = await identity.logIn(after);
      const seen = await identity.call('{ viewer { user { status operator } } }', {}, { token: accessToken });
      expect(seen.data).toEqual({ viewer: { user: { status: 'ACTIVE', operator: true } } });
      const outcomeOf = async (name: string, input: object) => (await runMutation(identity, name, input)).outcome;
      const code = await identity.codeOf(replacement);
      expect(await outcomeOf('confirmTotp', { enrolmentToken: replacement.enrolmentToken, code })).toBe(
        'ENROLMENT_EXPIRED',
      );
      expect(await outcomeOf('pollDeviceLogin', { deviceCode })).toBe('ACCESS_DENIED');
      expect(await outcomeOf('exchangePersonalAccessKey', { secret: key.payload?.secret })).toBe('INVALID_ACCESS_KEY');
      const [left] = await identity.sql(
        `SELECT (SELECT count(*)::int FROM recovery_code WHERE user_id = $1 AND used_at IS NULL) AS codes,
                (SELECT count(*)::int FROM remembered_device WHERE user_id = $1 AND expires_at > $2) AS devices,
                (SELECT count(*)::int FROM mandate WHERE id = $3 AND revoked_at IS NULL) AS mandates,
                (SELECT count(*)::int FROM feed_row WHERE kind = 'MANDATE' AND subject = $3 AND state = 'REVOKED') AS told`,
        [id, identity.clock.now(), mandateId],
      );
      expect(left).toEqual({ codes: 0, devices: 0, mandates: 0, told: 1 });
    } finally {
      await identity.stop();
    }
  });
});

describe('first start that dies', () => {
  let identity: IdentityHarness;
  let database: TestDatabase;
  beforeEach(async () => {
    identity = await startIdentityHarness();
    database = await emptyDatabase('identity');
  });
  afterEach(async () => {
    armFaults('');
    await identity.stop();
    await database.drop();
  });

  it.each([
    'identity.firstBoot.afterOperatorFile',
    'identity.firstBoot.afterControllerFile',
    'identity.firstBoot.beforeCommit',
    'identity.firstBoot.afterCommit',
  ])('at %s is finished by the next', async (point) => {
    // Another database behind the same home: the files of the first are there already, as after a crash.
    const settings = { ...identity.settings, service: 'identity' as const, database };
    armFaults(`${point}=throw`);
    await expect(startIdentity(settings)).rejects.toThrow(`fault injected at ${point}`);
    const running = await startIdentity(settings);
    await running.stop();
    const file = JSON.parse(await readFile(join(identity.home, 'operator.json'), 'utf8'));
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    const { rows } = await owner.query('SELECT username, password_hash, status, operator FROM "user"');
    await owner.end();
    expect(rows).toMatchObject([{ username: 'operator', status: 'ACTIVE', operator: true }]);
    expect(await verify(rows[0].password_hash, file.password)).toBe(true);
  });

  it('may be run by two at once on one database', async () => {
    const settings = { ...identity.settings, service: 'identity' as const, database };
    const both = await Promise.all([startIdentity(settings), startIdentity(settings)]);
    for (const running of both) await running.stop();
  });
});
