import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { makeHome, type Program, type ProgramOptions, startProgram } from '../support/program.js';
import { badStart } from './support/badStart.js';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let server: { home: string; remove(): Promise<void> };
let database: Program;
const addresses: Record<string, string> = {};
beforeAll(async () => {
  server = await makeHome();
  database = startProgram(['start', 'database'], { TOLLGATE_HOME: server.home });
  await database.waitFor(/Ready: database/);
  const { urls } = await connectEmbeddedDatabase(server.home);
  for (const service of subgraphNames) {
    addresses[`${service.toUpperCase()}_MIGRATION_URL`] = urls(service).ownerUrl;
    addresses[`${service.toUpperCase()}_DATABASE_URL`] = urls(service).appUrl;
  }
});
afterAll(async () => {
  await database.end('SIGTERM');
  await server.remove();
});

let home: string;
let remove: () => Promise<void>;
let garbage: string;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  garbage = join(dirname(home), 'garbage');
  await writeFile(garbage, 'garbage');
});
afterEach(() => remove());

const refusalOf = (service: string, setting: string, value: string, options: ProgramOptions = {}): Promise<string> =>
  badStart({ home, words: [service], environment: { ...addresses, [setting]: value }, ...options });

describe('a file of keys that is none', () => {
  it.each([
    ['gateway', 'GATEWAY_KEY_FILE', 'private key (P-256) as a JWK'],
    ['access', 'IDENTITY_PUBLIC_KEY_FILE', 'public key (P-256) as a JWK'],
    ['identity', 'IDENTITY_KEY_ENCRYPTION_KEY_FILE', 'key of 32 bytes in base64url (one a line, where there are two)'],
    ['accounting', 'ACCOUNTING_RECEIPT_KEYS_FILE', 'keys of receipts (a JWK set, P-256)'],
    ['compute', 'COMPUTE_SEALING_KEY_FILE', 'key of 32 bytes in base64'],
  ])('%s, %s: garbage, a folder, and a way through a file', async (service, setting, what) => {
    expect(await refusalOf(service, setting, garbage)).toBe(
      `tollgate: ${garbage} holds no ${what}; put it back from the backup, or correct ${setting}.`,
    );
    expect(await refusalOf(service, setting, dirname(home))).toBe(
      `tollgate: ${dirname(home)} is a folder, not a file (EISDIR); mend that, or correct ${setting}.`,
    );
    const through = join(garbage, 'key');
    expect(await refusalOf(service, setting, through)).toBe(
      `tollgate: ${through} goes through what is no folder (ENOTDIR); mend that, or correct ${setting}.`,
    );
  });

  it('is named by its key and line where the configuration file names it', async () => {
    await mkdir(home);
    await writeFile(join(home, 'tollgate.yaml'), `gateway:\n  keyFile: ${garbage}\n`, { mode: 0o600 });
    expect(await badStart({ home, words: ['gateway'], environment: {} })).toBe(
      `tollgate: ${garbage} holds no private key (P-256) as a JWK; put it back from the backup, or correct gateway.keyFile (${join(home, 'tollgate.yaml')}:2).`,
    );
  });

  it('is refused where a private key is named that is not there', async () => {
    expect(await refusalOf('gateway', 'GATEWAY_KEY_FILE', '/nowhere/x.jwk')).toBe(
      'tollgate: /nowhere/x.jwk is not there; put the private key of gateway there, correct GATEWAY_KEY_FILE, or unset it to have a pair made in the data folder.',
    );
  });

  it('among the keys of storage', async () => {
    const folder = join(dirname(home), 'storage-keys');
    await mkdir(folder);
    await writeFile(join(folder, 'object-0001.key'), 'garbage');
    expect(await refusalOf('storage', 'STORAGE_KEYS_DIR', folder)).toBe(
      `tollgate: ${join(folder, 'object-0001.key')} holds no key of 32 bytes in base64url; put it back from the backup, or correct STORAGE_KEYS_DIR.`,
    );
  });

  it.runIf(isRoot)('is refused where this user may not read it, or may not make it', async () => {
    await mkdir(home);
    await chown(home, NOBODY, NOBODY);
    await chmod(garbage, 0o600);
    expect(await refusalOf('compute', 'COMPUTE_SEALING_KEY_FILE', garbage, { uid: NOBODY })).toBe(
      `tollgate: ${garbage} cannot be read and written by this user (EACCES); mend that, or correct COMPUTE_SEALING_KEY_FILE.`,
    );
    const unmade = join(dirname(home), 'sealing.key');
    expect(await refusalOf('compute', 'COMPUTE_SEALING_KEY_FILE', unmade, { uid: NOBODY })).toBe(
      `tollgate: ${unmade} cannot be read and written by this user (EACCES); mend that, or correct COMPUTE_SEALING_KEY_FILE.`,
    );
  });
});

describe('a folder that a setting names', () => {
  it.each(['STORAGE_OBJECTS_DIR', 'STORAGE_KEYS_DIR'])('%s, where a file is, or below one', async (setting) => {
    for (const value of [garbage, join(garbage, 'below')]) {
      expect(await refusalOf('storage', setting, value)).toBe(
        `tollgate: ${garbage} is a file, not a folder; move it away or choose another ${setting}.`,
      );
    }
  });

  it.runIf(process.platform === 'linux')('where nothing can be made: it ends', async () => {
    expect(await refusalOf('storage', 'STORAGE_OBJECTS_DIR', '/proc/objects')).toBe(
      'tollgate: /proc takes no new folders; choose another STORAGE_OBJECTS_DIR.',
    );
    expect(await refusalOf('accounting', 'ACCOUNTING_RECEIPT_KEYS_FILE', '/proc/nokeys/receipts.jwks')).toBe(
      'tollgate: /proc takes no new folders; choose another ACCOUNTING_RECEIPT_KEYS_FILE.',
    );
  });

  it.runIf(process.platform === 'linux')('that init shall make where nothing can be made: it ends', async () => {
    const hosts =
      'gateway=127.0.0.1,identity=127.0.0.1,access=127.0.0.1,accounting=127.0.0.1,storage=127.0.0.1,compute=127.0.0.1';
    const init = startProgram(['init', '--output', '/proc/installation', '--hosts', hosts], {});
    expect((await init.ended).code, init.output()).toBe(1);
    expect(init.output()).toBe('tollgate: /proc takes no new folders; choose another --output.\n');
  });
});
