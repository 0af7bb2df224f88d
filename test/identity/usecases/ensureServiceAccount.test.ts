import { randomUUID } from 'node:crypto';
import { access, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { IdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentity } from '../../../subgraphs/identity/main.js';
import { emptyDatabase } from '../../support/database.js';
import { type IdentityHarness, startIdentityHarness } from '../support/identityHarness.js';
import { askForToken, basic } from '../support/oauth.js';
import { runMutation } from '../support/runMutation.js';

const meter = {
  name: 'cluster meter',
  scopes: ['compute:control', 'accounting:usage'],
  clusterIds: [wellKnown.clusterLocal],
};

let identity: IdentityHarness;
let config: { -readonly [Name in keyof IdentityConfig]?: IdentityConfig[Name] };
let path: string;

beforeEach(async () => {
  config = { serviceAccount: meter };
  identity = await startIdentityHarness(config);
  path = join(identity.home, 'service-account.json');
});
afterEach(async () => {
  armFaults('');
  await identity.stop();
});

const read = async (): Promise<{ clientId: string; clientSecret: string; clusterId?: string }> =>
  JSON.parse(await readFile(path, 'utf8'));

async function tokenWith({ clientId, clientSecret }: { clientId: string; clientSecret: string }) {
  const input = { clientId, clientSecret };
  const { outcome, payload } = await runMutation<{ scopes: string[] }>(identity, 'issueServiceToken', input, 'scopes');
  return payload?.scopes ?? outcome;
}

describe('the configured service account', () => {
  it('is made by the first start, with its credential for the owner alone', async () => {
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const credential = await read();
    expect(credential).toEqual({
      clientId: wellKnown.serviceAccountFirst,
      clientSecret: expect.stringMatching(/^tgs_[\w-]{43}$/),
      clusterId: wellKnown.clusterLocal,
    });
    expect(await tokenWith(credential)).toEqual(meter.scopes);
    const [row] = await identity.sql('SELECT name, scopes, cluster_ids FROM service_account WHERE id = $1', [
      credential.clientId,
    ]);
    expect(row).toEqual({ name: meter.name, scopes: meter.scopes, cluster_ids: meter.clusterIds });
    const trail = await identity.sql(
      `SELECT target FROM platform.audit_entry WHERE action = 'firstBoot.serviceAccount'`,
    );
    expect(trail).toEqual([{ target: credential.clientId }]);
    expect(identity.logged()).not.toContain(credential.clientSecret);
    const [digests] = await identity.sql<{ all: string }>(
      `SELECT string_agg(entry::text, '') AS all FROM platform.audit_entry AS entry`,
    );
    expect(digests?.all).not.toContain(credential.clientSecret);
  });

  it('gets a token by client credentials at once', async () => {
    const { clientId, clientSecret } = await read();
    const asked = await askForToken(identity.url, { grant_type: 'client_credentials' }, basic(clientId, clientSecret));
    expect(asked).toMatchObject({ status: 200, body: { scope: meter.scopes.join(' '), token_type: 'Bearer' } });
  });

  it('is made once: what is configured later, and a file that is put away, change nothing', async () => {
    const credential = await read();
    config.serviceAccount = { ...meter, name: 'another', scopes: ['accounting:deposit'] };
    await identity.restart();
    expect(await read()).toEqual(credential);
    expect(await tokenWith(credential)).toEqual(meter.scopes);
    await rm(path);
    await identity.restart();
    await expect(access(path)).rejects.toThrow('ENOENT');
    expect(await tokenWith(credential)).toEqual(meter.scopes);
  });

  it('stays disabled where an operator disabled it', async () => {
    const { accessToken: token } = await identity.logIn(await identity.operator());
    const serviceAccountId = wellKnown.serviceAccountFirst;
    await runMutation(identity, 'disableServiceAccount', { serviceAccountId }, '', { token });
    await identity.restart();
    expect(await tokenWith(await read())).toBe('INVALID_CREDENTIALS');
  });
});

describe('the configured service account on a home', () => {
  it('that runs already is made by the next start', async () => {
    config.serviceAccount = null;
    const without = await startIdentityHarness(config);
    try {
      await expect(access(join(without.home, 'service-account.json'))).rejects.toThrow('ENOENT');
      config.serviceAccount = meter;
      await without.restart();
      expect((await stat(join(without.home, 'service-account.json'))).isFile()).toBe(true);
    } finally {
      await without.stop();
    }
  });

  it('whose name somebody has is refused with the reason, and leaves no file', async () => {
    config.serviceAccount = null;
    const without = await startIdentityHarness(config);
    try {
      const { accessToken: token } = await without.logIn(await without.operator());
      const input = { idempotencyKey: randomUUID(), name: meter.name, scopes: meter.scopes };
      await runMutation(without, 'createServiceAccount', input, '', { token });
      const settings = { ...without.settings, service: 'identity' as const };
      const told = {
        IDENTITY_SERVICE_ACCOUNT_NAME: meter.name,
        IDENTITY_SERVICE_ACCOUNT_SCOPES: meter.scopes.join(),
      };
      await expect(startIdentity({ ...settings, variables: told })).rejects.toThrow(
        'IDENTITY_SERVICE_ACCOUNT_NAME asks for what cannot be made: a service account of that name is there already',
      );
      await expect(access(join(without.home, 'service-account.json'))).rejects.toThrow('ENOENT');
    } finally {
      await without.stop();
    }
  });

  it.each([
    'identity.firstBoot.afterServiceAccountFile',
    'identity.firstBoot.beforeCommit',
    'identity.firstBoot.afterCommit',
  ])('is finished by the next start after a crash at %s, with the credential of the file', async (point) => {
    // Another database behind the same home: as after a crash the file is there, and the account is not.
    const database = await emptyDatabase('identity');
    const variables = {
      IDENTITY_SERVICE_ACCOUNT_NAME: meter.name,
      IDENTITY_SERVICE_ACCOUNT_SCOPES: meter.scopes.join(),
    };
    const settings = { ...identity.settings, service: 'identity' as const, database, variables };
    const before = await read();
    armFaults(`${point}=throw`);
    await expect(startIdentity(settings)).rejects.toThrow(`fault injected at ${point}`);
    const running = await startIdentity(settings);
    try {
      expect(await read()).toEqual(before);
      const asked = await askForToken(
        running.url,
        { grant_type: 'client_credentials' },
        basic(before.clientId, before.clientSecret),
      );
      expect(asked.status).toBe(200);
    } finally {
      await running.stop();
      await database.drop();
    }
  });

  it.each(['{"clientId":"svc_1","clientSecret":"weak"}', 'not JSON', '"text"'])(
    'never overwrites a file that is none of its: %s',
    async (content) => {
      const database = await emptyDatabase('identity');
      const variables = {
        IDENTITY_SERVICE_ACCOUNT_NAME: meter.name,
        IDENTITY_SERVICE_ACCOUNT_SCOPES: meter.scopes.join(),
      };
      await writeFile(path, content);
      const settings = { ...identity.settings, service: 'identity' as const, database, variables };
      await expect(startIdentity(settings)).rejects.toThrow(/service-account\.json .* move that file away/);
      expect(await readFile(path, 'utf8')).toBe(content);
      await database.drop();
    },
  );
});
