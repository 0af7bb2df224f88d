import { setMaxListeners } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BackupError } from '../../../cli/backup/backupError.js';
import { bucketLines } from '../../../cli/backup/bucket.js';
import { restoreBackup } from '../../../cli/backup/restoreBackup.js';
import { takeBackup } from '../../../cli/backup/takeBackup.js';
import { type Environment, readEnvironment } from '../../../cli/environment.js';
import { startEmbeddedDatabase } from '../../../platform/database/startEmbeddedDatabase.js';
import { subgraphNames } from '../../../platform/kernel/services.js';
import { makeHome } from '../../support/program.js';

const synced: string[] = [];
vi.mock('../../../platform/kernel/syncFolder.js', async (original) => {
  const real = await original<typeof import('../../../platform/kernel/syncFolder.js')>();
  const syncFolder = async (path: string): Promise<void> => {
    await real.syncFolder(path);
    synced.push(path);
  };
  return { syncFolder };
});

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const { signal } = new AbortController();
setMaxListeners(0, signal);
const quiet = { begin: () => undefined, add: () => undefined };

let home: string;
let folder: string;
let remove: () => Promise<void>;
let key: string;
let before: () => void = () => undefined;
let beforeObjects: () => void = () => undefined;
let at: (moment: string) => void = () => undefined;
let made = 0;
const parts: string[] = [];
beforeAll(async () => {
  ({ home, remove } = await makeHome());
  folder = dirname(home);
  // Not fully started: a server that is not running is started for the time.
  const server = await startEmbeddedDatabase({ home, services: subgraphNames, log, fsync: false });
  await server.stop();
  key = join(home, 'keys', 'identity', 'key-encryption.key');
  await mkdir(dirname(key), { recursive: true, mode: 0o700 });
  await writeFile(key, 'key 0\n', { mode: 0o600 });
});
afterEach(() => {
  before = () => undefined;
  beforeObjects = () => undefined;
});
afterAll(() => remove());

const environmentOf = (variables: Record<string, string> = {}): Environment =>
  readEnvironment({ TOLLGATE_HOME: home, ...variables }, 0);
const take = async (variables: Record<string, string> = {}) => {
  made += 1;
  const target = join(folder, `backup-${made}`);
  parts.length = 0;
  const begin = (what: string): void => {
    parts.push(what);
    at(what);
    if (what === 'Databases') before();
    if (what.startsWith('Files of drives')) beforeObjects();
  };
  const progress = { begin, add: () => at(`bytes of ${parts.at(-1)}`) };
  const manifest = await takeBackup({ environment: environmentOf(variables), target, progress, signal });
  return { target, manifest };
};

describe('a backup of a home that does not run', () => {
  it('is made all the same, and leaves it stopped', async () => {
    before = () => undefined;
    const { target, manifest } = await take();
    expect(parts).toEqual(['Keys and settings', 'Databases', 'Files of drives (0)']);
    expect(manifest.point.log).toMatch(/^[0-9A-F]+\/[0-9A-F]+$/);
    expect((await stat(join(target, 'database.tar.gz'))).size).toBeGreaterThan(1_000_000);
    await expect(stat(join(home, 'postgres', 'postmaster.pid'))).rejects.toThrow('ENOENT');
  });

  it('has the entries of its folders on disk before it gets its name, and its name then', async () => {
    synced.length = 0;
    const { target } = await take();
    const entries = await readdir(target, { recursive: true, withFileTypes: true });
    const folders = entries
      .filter((entry) => entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name));
    const aside = synced.find((path) => dirname(path) === folder && basename(path).startsWith('.backup-')) ?? '';
    const ofBackup = synced.filter((path) => path === aside || path.startsWith(`${aside}/`));
    expect(ofBackup.map((path) => join(target, relative(aside, path))).sort()).toEqual([target, ...folders].sort());
    expect(synced.indexOf(folder)).toBeGreaterThan(synced.lastIndexOf(ofBackup.at(-1) ?? ''));
  });
});

describe.runIf(process.platform === 'linux')('a server that dies', () => {
  it.each([
    ['before anything is copied', 'Keys and settings'],
    ['before it copies itself', 'Databases'],
    ['while it copies itself', 'bytes of Databases'],
    ['while its files are copied', 'Files of drives (0)'],
  ])('%s takes the hold on deletions with it, so that the backup fails and leaves nothing', async (_when, moment) => {
    at = (reached) => {
      if (reached !== moment) return;
      at = () => undefined;
      const [pid] = readFileSync(join(home, 'postgres', 'postmaster.pid'), 'utf8').split('\n');
      process.kill(Number(pid), 'SIGQUIT');
      // It is this process's child: when it is a zombie, nothing of it and its connections is left.
      while (readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '');
    };
    await expect(take()).rejects.toThrow(/^The database was stopped while it was backed up; start it and try again\.$/);
    await expect(stat(join(folder, `backup-${made}`))).rejects.toThrow('ENOENT');
  });
});

describe('keys that change during a backup', () => {
  it('are copied again, with the databases', async () => {
    let copies = 0;
    before = () => {
      copies += 1;
      if (copies === 1) writeFileSync(key, 'key 1\n');
    };
    const { target } = await take();
    expect(copies).toBe(2);
    expect(await readFile(join(target, 'home', 'keys', 'identity', 'key-encryption.key'), 'utf8')).toBe('key 1\n');
  });

  it('again and again make it fail, and leave nothing', async () => {
    let copies = 1;
    before = () => {
      copies += 1;
      writeFileSync(key, `key ${copies}\n`);
    };
    await expect(take()).rejects.toThrow(/^Keys were changed again and again during the backup; try again when nobody/);
    await expect(stat(join(folder, `backup-${made}`))).rejects.toThrow('ENOENT');
  });
});

describe('what others do to files during a backup', () => {
  it('is said where one that was to be copied is gone', async () => {
    const object = join(home, 'objects', 'ab', 'upl_01', '1-a');
    await mkdir(dirname(object), { recursive: true });
    await writeFile(object, 'an object');
    beforeObjects = () => rmSync(object);
    await expect(take()).rejects.toThrow(
      new BackupError(
        `The backup failed at ${object} (ENOENT): it is not there any more; leave it alone meanwhile and try again.`,
      ),
    );
  });

  it('is said where the target is not empty any more, and nothing is written over', async () => {
    const target = join(folder, `backup-${made + 1}`);
    beforeObjects = () => {
      mkdirSync(target);
      writeFileSync(join(target, 'mine'), '');
    };
    await expect(take()).rejects.toThrow(
      new BackupError(
        `The backup failed at ${target} (ENOTEMPTY): something was put there meanwhile; name another folder and try again.`,
      ),
    );
    expect(await readdir(target)).toEqual(['mine']);
  });
});

describe('what the configuration keeps outside the data folder', () => {
  it('is in the backup at its default place, and said', async () => {
    before = () => undefined;
    const objects = join(folder, 'elsewhere', 'objects');
    const keys = join(folder, 'elsewhere', 'keys');
    const sealing = join(folder, 'elsewhere', 'sealing.key');
    await mkdir(join(objects, 'ab', 'upl_02'), { recursive: true });
    await mkdir(keys, { recursive: true });
    await writeFile(join(objects, 'ab', 'upl_02', '1-a'), 'an object elsewhere');
    await writeFile(join(keys, 'object-0001.key'), 'an object key');
    await writeFile(sealing, 'a sealing key');
    const { target, manifest } = await take({
      STORAGE_OBJECTS_DIR: objects,
      STORAGE_KEYS_DIR: keys,
      COMPUTE_SEALING_KEY_FILE: sealing,
    });
    expect(manifest.elsewhere).toEqual([
      { setting: 'storage.objectsFolder', path: objects, now: 'objects' },
      { setting: 'storage.keysFolder', path: keys, now: 'keys/storage' },
      { setting: 'compute.sealingKeyFile', path: sealing, now: 'keys/compute/sealing.key' },
    ]);
    const restored = join(folder, 'not', 'there', 'restored');
    synced.length = 0;
    await restoreBackup({ backup: target, home: restored, progress: quiet, signal });
    // What was made above it is on disk, all that is in it before it gets its name, and its name then.
    const asideAt = synced.findIndex((path) => basename(path).startsWith('.restored-'));
    const aside = synced[asideAt] ?? '';
    expect(synced.slice(0, asideAt)).toEqual([folder, join(folder, 'not')]);
    const within = synced.filter((path) => path.startsWith(`${aside}/`)).map((path) => relative(aside, path));
    expect(within).toEqual(
      expect.arrayContaining(['objects/ab/upl_02', 'keys/storage', 'keys/compute', 'keys/identity']),
    );
    expect(synced.at(-1)).toBe(dirname(restored));
    expect(await readFile(join(restored, 'objects', 'ab', 'upl_02', '1-a'), 'utf8')).toBe('an object elsewhere');
    expect(await readFile(join(restored, 'keys', 'storage', 'object-0001.key'), 'utf8')).toBe('an object key');
    expect(await readFile(join(restored, 'keys', 'compute', 'sealing.key'), 'utf8')).toBe('a sealing key');
    expect(await readFile(join(restored, 'keys', 'identity', 'key-encryption.key'), 'utf8')).toMatch(/^key/);
  });

  it('stays where it is, where that is a bucket: the backup and its restore name it', async () => {
    const object = join(home, 'objects', 'ab', 'upl_03', '1-a');
    await mkdir(dirname(object), { recursive: true });
    await writeFile(object, 'an object of before');
    const { target, manifest } = await take({
      STORAGE_S3_ENDPOINT: 'https://s3.example.org',
      STORAGE_S3_BUCKET: 'tollgate-objects',
      STORAGE_S3_PREFIX: 'center',
      STORAGE_S3_SECRET_ACCESS_KEY: 'the-secret',
    });
    const bucket = { endpoint: 'https://s3.example.org', bucket: 'tollgate-objects', prefix: 'center' };
    expect(manifest.bucket).toEqual(bucket);
    expect(await readdir(target)).not.toContain('objects');
    expect(await readFile(join(target, 'manifest.json'), 'utf8')).not.toContain('the-secret');
    const restored = await restoreBackup({
      backup: target,
      home: join(folder, 'with-bucket'),
      progress: quiet,
      signal,
    });
    expect(restored.manifest.bucket).toEqual(bucket);
    const place = 'the bucket tollgate-objects (below center) at https://s3.example.org';
    expect(bucketLines(manifest, 'stay')).toEqual([
      `The files of drives stay in ${place}: this backup needs them there.`,
    ]);
    expect(bucketLines(restored.manifest, 'are needed').join()).toContain(place);
    expect((await take()).manifest.bucket).toBeUndefined();
  });
});
