import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readStorageConfig } from '../../subgraphs/storage/config.js';

const told = {
  STORAGE_S3_ENDPOINT: 'https://s3.example.org',
  STORAGE_S3_BUCKET: 'tollgate-objects',
  STORAGE_S3_ACCESS_KEY_ID: 'KEY',
  STORAGE_S3_SECRET_ACCESS_KEY: 'the-secret',
  STORAGE_CAPACITY_BYTES: '1000000000',
};
type More = Readonly<Record<string, string | undefined>>;
const read = (more: More = {}) => readStorageConfig('/home', { ...told, ...more }).s3;
const refusalOf = (more: More): string => {
  try {
    read(more);
  } catch (error) {
    return (error as Error).message;
  }
  return 'not refused';
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-s3-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the settings of a bucket', () => {
  it('are none where nothing is told of one', () => {
    expect(readStorageConfig('/home', {}).s3).toBeNull();
  });

  it('have defaults', () => {
    expect(read()).toEqual({
      endpoint: 'https://s3.example.org',
      region: 'us-east-1',
      bucket: 'tollgate-objects',
      prefix: '',
      accessKeyId: 'KEY',
      secretAccessKey: 'the-secret',
      ca: null,
      pathStyle: true,
    });
  });

  it('take an authority beside those that Node trusts, and NODE_EXTRA_CA_CERTS where it can be read', async () => {
    const [own, extra] = [join(folder, 'own.pem'), join(folder, 'extra.pem')];
    const [certificate = ''] = rootCertificates;
    await writeFile(own, certificate);
    await writeFile(extra, `${certificate}\nextra`);
    expect(read({ STORAGE_S3_CA_FILE: own })?.ca).toEqual([...rootCertificates, certificate]);
    const missing = { STORAGE_S3_CA_FILE: own, NODE_EXTRA_CA_CERTS: join(folder, 'missing.pem') };
    expect(read(missing)?.ca).toEqual([...rootCertificates, certificate]);
    expect(read({ STORAGE_S3_CA_FILE: own, NODE_EXTRA_CA_CERTS: extra })?.ca).toContain(`${certificate}\nextra`);
  });

  it.each([
    ['center/objects', 'center/objects/'],
    ['center/objects/', 'center/objects/'],
    ['a', 'a/'],
  ])('make a prefix of %s', (STORAGE_S3_PREFIX, prefix) => {
    expect(read({ STORAGE_S3_PREFIX, STORAGE_S3_PATH_STYLE: '0' })).toMatchObject({ prefix, pathStyle: false });
  });

  it.each([
    'STORAGE_S3_ENDPOINT',
    'STORAGE_S3_BUCKET',
    'STORAGE_S3_ACCESS_KEY_ID',
    'STORAGE_S3_SECRET_ACCESS_KEY',
    'STORAGE_CAPACITY_BYTES',
  ])('lack %s', (name) => {
    expect(refusalOf({ [name]: undefined })).toMatch(
      new RegExp(`^${name} is missing where STORAGE_S3_[A-Z_]+ is set: `),
    );
  });

  it('are refused beside a folder, and where only what does not matter alone is told', () => {
    expect(refusalOf({ STORAGE_OBJECTS_DIR: '/srv/objects' })).toBe(
      'STORAGE_OBJECTS_DIR and STORAGE_S3_BUCKET are both set, and objects are in a folder or in a bucket; take one of them out.',
    );
    expect(() => readStorageConfig('/home', { STORAGE_S3_PREFIX: 'a' })).toThrow(
      /^STORAGE_S3_ENDPOINT is missing where STORAGE_S3_PREFIX is set/,
    );
  });

  it.each([
    ['STORAGE_S3_ENDPOINT', 'http://s3.example.org'],
    ['STORAGE_S3_ENDPOINT', 'https://s3.example.org/bucket'],
    ['STORAGE_S3_ENDPOINT', 'https://key:secret@s3.example.org'],
    ['STORAGE_S3_ENDPOINT', 's3.example.org'],
    ['STORAGE_S3_REGION', 'EU'],
    ['STORAGE_S3_BUCKET', 'Upper'],
    ['STORAGE_S3_BUCKET', 'arn:aws:s3:::bucket'],
    ['STORAGE_S3_PREFIX', '../other'],
    ['STORAGE_S3_PREFIX', '/absolute'],
    ['STORAGE_S3_PREFIX', 'a//b'],
    ['STORAGE_S3_ACCESS_KEY_ID', 'two words'],
    ['STORAGE_S3_SECRET_ACCESS_KEY', 'a secret with\nline ends'],
    ['STORAGE_S3_CA_FILE', '/nowhere/ca.pem'],
    ['STORAGE_S3_PATH_STYLE', 'yes'],
  ])('refuse %s=%s, naming what it must be and no value', (name, value) => {
    const sentence = refusalOf({ [name]: value });
    expect(sentence).toMatch(new RegExp(`^${name} must be .*; correct it and start again\\.$`));
    expect(sentence).not.toContain(value);
  });

  it('take plain HTTP on loopback', () => {
    expect(read({ STORAGE_S3_ENDPOINT: 'http://127.0.0.1:9000/' })?.endpoint).toBe('http://127.0.0.1:9000');
  });
});
