import { expect, it } from 'vitest';
import { settings } from '../../../cli/configuration/sections.js';
import { readSources } from '../../support/sources.js';

/** Read, but no setting of the installation: for tests, or for one process by whoever starts it. */
const OTHERS = new Set(['TOLLGATE_FAULTS', 'TOLLGATE_CONFIG']);

it('every variable that a service reads is a setting with a key of its own', () => {
  const readers = readSources('cli', 'gateway', 'subgraphs', 'controllers').filter(({ path }) =>
    /(\/config|[a-z]Config|environment|logFile)\.ts$/.test(path),
  );
  const read = readers.flatMap(({ text }) => [
    ...text.matchAll(/\b(?:TOLLGATE|IDENTITY|ACCESS|ACCOUNTING|STORAGE|COMPUTE)_[A-Z0-9_]+[A-Z]\b/g),
  ]);
  const names = [...new Set(read.map(([name]) => name))].filter((name) => !OTHERS.has(name));
  const known = new Set(settings.map(({ variable }) => variable));
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !known.has(name))).toEqual([]);
});

it('no two settings share a key or a variable', () => {
  for (const values of [settings.map(({ key }) => key), settings.map(({ variable }) => variable)]) {
    expect(new Set(values).size).toBe(values.length);
  }
});
