import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { connectEmbeddedDatabase } from '../../../platform/database/connectEmbeddedDatabase.js';
import { holdDeletions } from '../../../platform/database/deletionHold.js';
import { makeHome, type Program, startProgram } from '../../support/program.js';

let home: string;
let folder: string;
let good: string;
let remove: () => Promise<void>;
let database: Program;

const run = async (words: readonly string[], environment: Record<string, string> = {}) => {
  const program = startProgram(words, { TOLLGATE_HOME: home, ...environment });
  const { code } = await program.ended;
  return { code, output: program.output() };
};
/** The one sentence that a command refuses with. */
const refusalOf = async (code: number, words: readonly string[], environment: Record<string, string> = {}) => {
  const ended = await run(words, environment);
  expect(ended.code, ended.output).toBe(code);
  const sentences = ended.output.split('\n').filter((line) => line.startsWith('tollgate: '));
  expect(sentences, ended.output).toHaveLength(1);
  expect(ended.output).not.toMatch(/\n\s+at /);
  return sentences[0] ?? '';
};
const names = async () => (await readdir(folder)).sort();

beforeAll(async () => {
  ({ home, remove } = await makeHome());
  folder = dirname(home);
  good = join(folder, 'good');
  database = startProgram(['start', 'database'], { TOLLGATE_HOME: home });
  await database.waitFor(/Ready: database/);
  const identity = startProgram(['start', 'identity'], { TOLLGATE_HOME: home });
  await identity.waitFor(/Ready: identity/);
  await identity.end('SIGTERM');
  await mkdir(join(home, 'objects', 'ab', 'upl_01'), { recursive: true });
  await writeFile(join(home, 'objects', 'ab', 'upl_01', '1-a'), 'an object');
  await writeFile(join(home, 'objects', 'ab', 'upl_01', '2-b.part'), 'a draft');
  expect(await run(['backup', good])).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await database.end('SIGTERM');
  await remove();
});
/** Whatever a test made beside the home and the good backup. */
afterEach(async () => {
  for (const name of await names()) {
    if (!['home', 'good'].includes(name)) await rm(join(folder, name), { recursive: true });
  }
});

describe('tollgate backup', () => {
  it('has objects without drafts, keys and passwords, and nothing that is made anew', async () => {
    const files = (await readFile(join(good, 'SHA256SUMS'), 'utf8')).split('\n').map((line) => line.slice(66));
    expect(files).toEqual(
      expect.arrayContaining([
        'database.tar.gz',
        'home/VERSION',
        'home/keys/identity/key-encryption.key',
        'home/operator.json',
        'home/run/database.json',
        'manifest.json',
        'objects/ab/upl_01/1-a',
      ]),
    );
    expect(files.filter((name) => /\.part$|postgres|lock|\.log|jobs/.test(name))).toEqual([]);
  });

  it('writes over nothing, and into nothing that it copies', async () => {
    expect(await refusalOf(1, ['backup', good])).toBe(
      `tollgate: ${good} is not empty; name a folder that is not there yet.`,
    );
    const inside = join(home, 'backups', 'today');
    expect(await refusalOf(1, ['backup', inside])).toBe(
      `tollgate: ${inside} is in ${home}, which is backed up; name a folder outside it, best on another disk.`,
    );
    const nowhere = join(folder, 'not', 'there');
    expect(await refusalOf(1, ['backup', nowhere])).toBe(
      `tollgate: ${join(folder, 'not')} is not there; make it first.`,
    );
    const file = join(good, 'manifest.json');
    expect(await refusalOf(1, ['backup', file])).toBe(
      `tollgate: ${file} is a file; name a folder that is not there yet.`,
    );
    expect(await names()).toEqual(['good', 'home']);
  });

  it('of nothing is refused, and of databases that are elsewhere, with what to do', async () => {
    const empty = join(folder, 'empty');
    expect(await refusalOf(1, ['backup', join(folder, 'b')], { TOLLGATE_HOME: empty })).toBe(
      `tollgate: ${empty} has no databases; name the data folder with TOLLGATE_HOME or --config.`,
    );
    const elsewhere = {
      ACCESS_DATABASE_URL: 'postgresql://a:secret@192.0.2.1/x?sslmode=verify-full',
      ACCESS_MIGRATION_URL: 'postgresql://b:secret@192.0.2.1/x?sslmode=verify-full',
    };
    const said = await refusalOf(1, ['backup', join(folder, 'b')], elsewhere);
    expect(said).toMatch(/^tollgate: The databases of access are on a server of their own .* docs\/operations\.md/);
    expect(said).not.toContain('secret');
    expect(await names()).toEqual(['good', 'home']);
  });

  it('of one machine of several is refused, with the line that says so', async () => {
    const config = join(folder, 'machine.yaml');
    await writeFile(config, `general:\n  home: ${home}\nstorage:\n  url: https://storage.example.org:4003\n`);
    expect(await refusalOf(1, ['backup', join(folder, 'b'), '--config', config], { TOLLGATE_HOME: '' })).toBe(
      `tollgate: What runs on other machines (storage by storage.url (${config}:4)) has its databases and files there, and one machine ` +
        'alone is not backed up: docs/operations.md tells what to do under "Several machines: backup".',
    );
    expect(
      await refusalOf(1, ['backup', join(folder, 'b')], { IDENTITY_URL: 'https://id.example.org:4001' }),
    ).toContain('(identity by IDENTITY_URL)');
    expect(await names()).toEqual(['good', 'home', 'machine.yaml']);
  });

  /** Keeps a backup waiting at its beginning, as a long deletion does. */
  const whileHeld = async (work: (program: Program) => Promise<void>): Promise<void> => {
    const address = new URL((await connectEmbeddedDatabase(home)).urls('storage').ownerUrl);
    const holder = new pg.Client({ connectionString: address.href });
    await holder.connect();
    await holdDeletions(holder);
    const program = startProgram(['backup', join(folder, 'waiting')], { TOLLGATE_HOME: home });
    const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    await expect.poll(async () => (await holder.query(waiting)).rowCount, { timeout: 60_000 }).toBe(1);
    await work(program).finally(() => holder.end());
  };

  it('is one at a time', async () => {
    await whileHeld(async (first) => {
      expect(await refusalOf(1, ['backup', join(folder, 'second')])).toBe(
        `tollgate: Another backup of ${home} is under way; wait until it is done, or end it.`,
      );
      await first.end('SIGKILL');
    });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'that is interrupted by %s ends with 130 and leaves nothing',
    async (signal) => {
      await whileHeld(async (program) => {
        expect(await program.end(signal)).toEqual({ code: 130, signal: null });
      });
      await expect.poll(names).toEqual(['good', 'home']);
      expect(existsSync(join(folder, 'waiting'))).toBe(false);
    },
  );
});

/** A copy of the good backup with something done to it. */
async function changed(change: (copy: string) => Promise<void>): Promise<string> {
  const copy = join(folder, 'changed');
  await cp(good, copy, { recursive: true });
  await change(copy);
  return copy;
}
/** Changes the manifest, and its digest with it. */
const withManifest = (values: Record<string, unknown>) => async (copy: string) => {
  const file = join(copy, 'manifest.json');
  const before = await readFile(file);
  const after = JSON.stringify({ ...(JSON.parse(before.toString('utf8')) as object), ...values });
  await writeFile(file, after);
  const sums = await readFile(join(copy, 'SHA256SUMS'), 'utf8');
  const digest = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
  await writeFile(join(copy, 'SHA256SUMS'), sums.replace(digest(before), digest(after)));
};

describe('a backup that is not what it was', () => {
  it.each([
    [
      'a byte of the databases',
      async (copy) => flip(join(copy, 'database.tar.gz')),
      /database\.tar\.gz is not as it was written/,
    ],
    ['a byte of an object', async (copy) => flip(join(copy, 'objects/ab/upl_01/1-a')), /1-a is not as it was written/],
    [
      'cut off databases',
      async (copy) => truncate(join(copy, 'database.tar.gz'), 100_000),
      /database\.tar\.gz is not as it was written/,
    ],
    [
      'a missing key',
      async (copy) => rm(join(copy, 'home/keys/identity/key-encryption.key')),
      /key-encryption\.key is missing/,
    ],
    [
      'a file that was put in',
      async (copy) => writeFile(join(copy, 'home/keys/more.key'), ''),
      /home\/keys\/more\.key does not belong to it/,
    ],
    [
      'another manifest',
      async (copy) => writeFile(join(copy, 'manifest.json'), '{}'),
      /manifest\.json is not as it was written/,
    ],
    ['no manifest', async (copy) => rm(join(copy, 'manifest.json')), /it has no manifest\.json/],
    ['no digests', async (copy) => rm(join(copy, 'SHA256SUMS')), /it has no SHA256SUMS/],
    ['cut off digests', async (copy) => truncate(join(copy, 'SHA256SUMS'), 200), /SHA256SUMS is cut off/],
    [
      'a line less of digests',
      async (copy) => dropFirstLine(join(copy, 'SHA256SUMS')),
      /does not belong to it|is missing/,
    ],
    [
      'a digest of what is outside',
      async (copy) => outside(join(copy, 'SHA256SUMS')),
      /SHA256SUMS has a line that is none/,
    ],
    ['a manifest of another form', withManifest({ point: null }), /manifest\.json has another form/],
  ] as [string, (copy: string) => Promise<void>, RegExp][])(
    'for %s is restored by nobody',
    async (_what, change, sentence) => {
      const copy = await changed(change);
      const target = join(folder, 'target');
      expect(await refusalOf(3, ['restore', copy, '--home', target])).toMatch(sentence);
      expect(await names()).toEqual(['changed', 'good', 'home']);
      expect(await refusalOf(3, ['backup', 'verify', copy])).toMatch(sentence);
    },
  );

  const flip = async (file: string) => {
    const bytes = await readFile(file);
    const middle = Math.floor(bytes.length / 2);
    bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
    await writeFile(file, bytes);
  };
  const dropFirstLine = async (file: string) =>
    writeFile(file, (await readFile(file, 'utf8')).replace(/^.*database\.tar\.gz\n/, ''));
  const outside = async (file: string) =>
    writeFile(file, `${'0'.repeat(64)}  ../home/operator.json\n${await readFile(file, 'utf8')}`);
});

describe('tollgate restore', () => {
  it.each([
    [
      'program',
      { program: '99.0.0' },
      /was made by Tollgate 99\.0\.0, which is newer than this one \(\d.*\); restore it with that version/,
    ],
    ['layout', { format: 2 }, /which is newer than this one/],
    ['server', { postgres: { major: 99, processor: process.arch } }, /are of PostgreSQL 99, this program brings 17;/],
    ['processor', { postgres: { major: 17, processor: 'vax' } }, /are for vax processors and this machine has/],
  ])('refuses a backup of another %s', async (_what, values, sentence) => {
    const copy = await changed(withManifest(values));
    expect(await refusalOf(1, ['restore', copy, '--home', join(folder, 'target')])).toMatch(sentence);
    expect(await names()).toEqual(['changed', 'good', 'home']);
  });

  it('writes over nothing', async () => {
    expect(await refusalOf(1, ['restore', good])).toBe(
      `tollgate: ${home} is not empty, and a restore writes over nothing; move it away or name another with --home.`,
    );
    const file = join(good, 'manifest.json');
    expect(await refusalOf(1, ['restore', good, '--home', file])).toMatch(
      /is a file; name a folder that is not there yet\.$/,
    );
    expect(await refusalOf(3, ['restore', join(folder, 'nothing'), '--home', join(folder, 't')])).toMatch(
      /nothing is no backup, or only a part of one: it has no SHA256SUMS/,
    );
  });

  it('of one machine of several is refused, by the configuration that was named or is in the backup', async () => {
    const target = join(folder, 'target');
    const urls = 'identity:\n  url: https://id.example.org:4001\nstorage:\n  url: https://files.example.org:4003\n';
    const named = join(folder, 'machine.yaml');
    await writeFile(named, urls);
    expect(await refusalOf(1, ['restore', good, '--home', target, '--config', named])).toBe(
      `tollgate: What runs on other machines (identity by identity.url (${named}:2), storage by storage.url (${named}:4)) has its databases ` +
        'and files there, and one machine alone is not restored: docs/operations.md tells what to do under "Several machines: backup".',
    );
    const copy = await changed((folder) => writeFile(join(folder, 'home', 'tollgate.yaml'), urls));
    expect(await refusalOf(1, ['restore', copy, '--home', target])).toContain(join(copy, 'home', 'tollgate.yaml:2'));
    expect(await names()).toEqual(['changed', 'good', 'home', 'machine.yaml']);
  });

  it('that is interrupted leaves nothing', async () => {
    const program = startProgram(['restore', good, '--home', join(folder, 'target')], {});
    await program.waitFor(/Bringing the databases up/);
    expect(await program.end('SIGINT')).toEqual({ code: 130, signal: null });
    expect(await names()).toEqual(['good', 'home']);
  });

  it('of databases that a newer program has migrated is refused, and leaves nothing', async () => {
    const owner = new pg.Client({ connectionString: (await connectEmbeddedDatabase(home)).urls('identity').ownerUrl });
    await owner.connect();
    try {
      await owner.query(
        `INSERT INTO public._prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
         VALUES ('newer', '', '99991231235959_of_tomorrow', now(), 1)`,
      );
      const newer = join(folder, 'newer');
      expect(await run(['backup', newer])).toMatchObject({ code: 0 });
      expect(await refusalOf(1, ['restore', newer, '--home', join(folder, 'target')])).toMatch(
        /The database has migration 99991231235959_of_tomorrow, which this program .* does not know; start the version/,
      );
      expect(await names()).toEqual(['good', 'home', 'newer']);
    } finally {
      await owner.query(`DELETE FROM public._prisma_migrations WHERE id = 'newer'`);
      await owner.end();
    }
  });
});
