import { expect, it } from 'vitest';
import { elsewhereOf } from '../../../cli/backup/sources.js';
import { settings } from '../../../cli/configuration/sections.js';

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
