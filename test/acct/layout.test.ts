import { describe, expect, it } from 'vitest';
import { readSources } from '../support/sources.js';

const LINES_MAX = 300;
const sources = readSources('acct');

describe('acct/', () => {
  it('knows nothing of the rest of Tollgate', () => {
    const packages = /^(node:|zod$|yaml$|commander$)/;
    const offending = sources.flatMap(({ path, imports }) =>
      imports
        .filter((target) => !target.startsWith('acct/') && !packages.test(target))
        .map((target) => `${path} imports ${target}`),
    );
    expect(offending).toEqual([]);
  });

  it('keeps what a document is free of files, keys and the command', () => {
    const offending = sources
      .filter(({ path }) => /^acct\/(document|crypto)\//.test(path) && path !== 'acct/crypto/find.ts')
      .flatMap(({ path, imports }) =>
        imports
          .filter((target) => /^acct\/(files|keys|command|profiles|plugins)\/|^node:fs/.test(target))
          .map((target) => `${path} imports ${target}`),
      );
    expect(offending).toEqual([]);
  });

  it('reads the environment in one file, and has no long files', () => {
    expect(sources.filter(({ text }) => text.includes('process.env')).map(({ path }) => path)).toEqual([
      'acct/command/run.ts',
    ]);
    expect(sources.filter(({ text }) => text.split('\n').length > LINES_MAX + 1).map(({ path }) => path)).toEqual([]);
  });

  it('loads nothing heavy before a command runs', () => {
    const light = sources.find(({ path }) => path === 'acct/command/acctCommand.ts');
    expect(
      light?.text
        .match(/^import .* from '(.*)';$/gm)
        ?.filter((line) => !/commander|failures|options|run\.js/.test(line)),
    ).toEqual([]);
  });
});
