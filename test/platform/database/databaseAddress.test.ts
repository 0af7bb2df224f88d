import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { databaseAddressTrouble, databaseFilesTrouble } from '../../../platform/database/databaseAddress.js';
import { makePrivateAuthority, type PrivateAuthority } from '../../support/privateAuthority.js';

const MUST =
  /^leads to db\.example\.org, beyond loopback, where it must say sslmode=verify-full: .*sslrootcert=\/path\/to\/ca\.pem"$/;

describe("a database's address", () => {
  let authority: PrivateAuthority;
  let ca: string;
  beforeAll(async () => {
    authority = await makePrivateAuthority();
    ca = (await authority.issue('identity')).caFile;
  });
  afterAll(() => authority.remove());

  it.each([
    'postgresql://a:b@127.0.0.1:5432/x',
    'postgresql://a:b@localhost/x',
    'postgresql://a:b@[::1]/x',
    'postgresql://a:b@%2Fvar%2Frun%2Fpostgresql/x',
    'postgresql:///x?host=/var/run/postgresql',
    'postgresql://a:b@db.example.org/x?sslmode=verify-full',
    'postgresql://a:b@db.example.org/x?host=127.0.0.1',
  ])('is fine: %s', (url) => expect(databaseAddressTrouble(url)).toBeNull());

  it.each([
    'postgresql://a:hunter2@db.example.org/x',
    'postgresql://a:hunter2@db.example.org/x?ssl=true',
    'postgresql://a:hunter2@db.example.org/x?sslmode=disable',
    'postgresql://a:hunter2@db.example.org/x?sslmode=prefer',
    'postgresql://a:hunter2@db.example.org/x?sslmode=no-verify',
    'postgresql://a:hunter2@db.example.org/x?sslmode=require',
    'postgresql://a:hunter2@db.example.org/x?sslmode=verify-ca',
    'postgresql://a:hunter2@db.example.org/x?uselibpqcompat=true&sslmode=require',
    'postgresql://a:hunter2@db.example.org/x?sslmode=verify-full&sslmode=disable',
    'postgresql://a:hunter2@db.example.org/x?sslmode=disable&sslmode=verify-full',
    'postgresql://a:hunter2@127.0.0.1/x?host=db.example.org',
    'postgresql://a:hunter2@127.0.0.1/x?host=127.0.0.1&host=db.example.org',
  ])('is refused, without its password in the words: %s', (url) => {
    const trouble = databaseAddressTrouble(url) ?? '';
    expect(trouble).toMatch(MUST);
    expect(trouble).not.toContain('hunter2');
  });

  it('is refused without a host, which would be chosen by another variable', () => {
    expect(databaseAddressTrouble('postgresql:///x')).toBe('names no host; write localhost where it is this machine');
  });

  it('names files that can be read', async () => {
    const url = `postgresql://a:b@db.example.org/x?sslmode=verify-full&sslrootcert=`;
    expect(databaseFilesTrouble(url + ca)).toBeNull();
    const missing = join(authority.folder, 'nowhere.pem');
    expect(databaseFilesTrouble(url + missing)).toBe(
      `names ${missing} as sslrootcert, which is not there; correct the path, or copy it there`,
    );
    const nonsense = join(authority.folder, 'nonsense.pem');
    await writeFile(nonsense, 'nonsense');
    expect(databaseFilesTrouble(url + nonsense)).toBe(
      `names ${nonsense} as sslrootcert, which holds no certificate in PEM; copy it again`,
    );
    expect(databaseFilesTrouble(`${url}${ca}&sslkey=${missing}`)).toMatch(/as sslkey, which is not there; /);
  });
});
