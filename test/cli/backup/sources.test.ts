import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { elsewhereOf, refuseWithin } from '../../../cli/backup/sources.js';
import { settings } from '../../../cli/configuration/sections.js';
import { readEnvironment } from '../../../cli/environment.js';

/** Files and folders that are an operator's own, and no part of what Tollgate has made: docs/operations.md says so. */
const NOT_COPIED = [/^TOLLGATE_LOG_FILE$/, /^TOLLGATE_HOME$/, /(^|_)(CA|CERTIFICATE|CERT|TLS)[A-Z_]*_(FILE|DIR)$/];

it('whatever a setting keeps outside the data folder is copied, or said not to be', () => {
  const places = settings.filter(({ variable }) => /_(FILE|DIR|FOLDER|CREDENTIALS)$/.test(variable));
  expect(places.length).toBeGreaterThan(10);
  const forgotten = places.filter(
    ({ variable }) =>
      elsewhereOf({ home: '/home', variables: { [variable]: '/elsewhere' } }).length === 0 &&
      !NOT_COPIED.some((own) => own.test(variable)),
  );
  expect(forgotten.map(({ key }) => key)).toEqual([]);
});

it('what is named at its default place is not elsewhere', () => {
  const variables = { STORAGE_OBJECTS_DIR: '/home/objects', STORAGE_KEYS_DIR: '/home/keys/storage/' };
  expect(elsewhereOf({ home: '/home', variables })).toEqual([]);
});

it('a target is in the data folder, or in that of the objects, by whatever links it is named', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-sources-'));
  try {
    const [home, objects] = [join(folder, 'home'), join(folder, 'disk', 'objects')];
    await mkdir(home);
    await mkdir(objects, { recursive: true });
    await symlink(home, join(folder, 'other'));
    await symlink(join(folder, 'disk'), join(folder, 'mount'));
    await symlink(objects, join(home, 'objects'));
    const environment = readEnvironment({ TOLLGATE_HOME: join(folder, 'other') }, 0);
    for (const target of ['home/backup', 'other/backup', 'other/not/there', 'mount/objects/backup']) {
      const refused = refuseWithin(join(folder, target), environment);
      await expect(refused, target).rejects.toThrow(/which is backed up; name a folder outside it/);
    }
    await expect(refuseWithin(join(folder, 'mount', 'backup'), environment)).resolves.toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});
