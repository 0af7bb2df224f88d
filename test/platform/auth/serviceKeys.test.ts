import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { ServiceStartError } from '../../../platform/server/runDirectory.js';

const jwkOf = async (algorithm: string, half: 'privateKey' | 'publicKey'): Promise<string> =>
  JSON.stringify(await exportJWK((await generateKeyPair(algorithm, { extractable: true }))[half]));

describe("a service's keys", () => {
  let home: string;
  let file: string;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'tollgate-keys-'));
    file = join(home, 'named.jwk');
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const refusalOf = async (loading: Promise<unknown>): Promise<string> => {
    const error = await loading.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ServiceStartError);
    return (error as Error).message;
  };
  const publicHalf = (service: string): string => join(home, 'keys', service, 'public.jwk');

  it('has peers of the same home find the public half of a key that is named elsewhere', async () => {
    await writeFile(file, await jwkOf('ES256', 'privateKey'));
    await loadServiceKeys(home, 'access', {}, file);
    const identity = await loadServiceKeys(home, 'identity');
    expect((await identity.publicKeyOf('access')).type).toBe('public');
    expect(await readFile(publicHalf('access'), 'utf8')).not.toContain('"d"');
    // And where it is looked for elsewhere, there.
    const shared = join(home, 'shared', 'access.jwk');
    await loadServiceKeys(home, 'access', { access: shared }, file);
    expect(await readFile(shared, 'utf8')).toBe(await readFile(publicHalf('access'), 'utf8'));
  });

  it('refuses a named key that is not there, and makes none elsewhere', async () => {
    expect(await refusalOf(loadServiceKeys(home, 'access', {}, file))).toBe(
      `${file} is not there; put the private key of access there, correct ACCESS_KEY_FILE, or unset it to have a pair made in the data folder.`,
    );
    await expect(readFile(publicHalf('access'))).rejects.toThrow('ENOENT');
  });

  it('refuses a private key that others would not recognise', async () => {
    await loadServiceKeys(home, 'access');
    await writeFile(file, await jwkOf('ES256', 'privateKey'));
    expect(await refusalOf(loadServiceKeys(home, 'access', {}, file))).toBe(
      `${file} and ${publicHalf('access')}, by which others check what it signs, are no pair; put both back from the backup, ` +
        'or correct ACCESS_KEY_FILE and ACCESS_PUBLIC_KEY_FILE.',
    );
  });

  it.each([
    ['garbage', async () => 'garbage'],
    ['nothing', async () => ''],
    ['a JSON value that is no key', async () => 'null'],
    ['the public half', () => jwkOf('ES256', 'publicKey')],
    ['a key of another curve', () => jwkOf('ES384', 'privateKey')],
    ['a key of another kind', () => jwkOf('RS256', 'privateKey')],
    ['a secret', async () => JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' })],
  ])('refuses %s in the place of a private key, and quotes none of it', async (_what, content) => {
    await writeFile(file, await content());
    expect(await refusalOf(loadServiceKeys(home, 'access', {}, file))).toBe(
      `${file} holds no private key (P-256) as a JWK; put it back from the backup, or correct ACCESS_KEY_FILE.`,
    );
  });

  it.each([
    ['garbage', async () => 'garbage'],
    ['the private half', () => jwkOf('ES256', 'privateKey')],
  ])("refuses %s in the place of a peer's public key", async (_what, content) => {
    await writeFile(file, await content());
    expect(await refusalOf(loadServiceKeys(home, 'access', { identity: file }))).toBe(
      `${file} holds no public key (P-256) as a JWK; put it back from the backup, or correct IDENTITY_PUBLIC_KEY_FILE.`,
    );
  });

  it('says what is in the way to a file', async () => {
    await mkdir(file);
    expect(await refusalOf(loadServiceKeys(home, 'access', {}, file))).toBe(
      `${file} is a folder, not a file (EISDIR); mend that, or correct ACCESS_KEY_FILE.`,
    );
    const plain = join(home, 'plain');
    await writeFile(plain, '');
    expect(await refusalOf(loadServiceKeys(home, 'access', {}, join(plain, 'key.jwk')))).toBe(
      `${join(plain, 'key.jwk')} goes through what is no folder (ENOTDIR); mend that, or correct ACCESS_KEY_FILE.`,
    );
  });

  it('says when it cannot be read, whatever the system has against it', async () => {
    await symlink(file, file);
    expect(await refusalOf(loadServiceKeys(home, 'access', {}, file))).toBe(
      `${file} cannot be read and written by this user (ELOOP); mend that, or correct ACCESS_KEY_FILE.`,
    );
  });
});
