import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { refusalRegistry } from '../../platform/kernel/refusals/registry.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { readMigrations, readSources } from '../support/sources.js';

const LINES_MAX = 300;
const sources = readSources('platform', 'gateway', 'subgraphs', 'controllers', 'cli', 'acct');
const tests = readSources('test');

describe('files', () => {
  it.each(subgraphNames)('of %s stand where those of every subgraph stand', (name) => {
    const parts = [
      'README.md',
      'main.ts',
      'config.ts',
      'subgraph.ts',
      'context.ts',
      'domain',
      'usecases',
      'usecases/ports.ts',
      'resolvers/index.ts',
      'persistence',
    ];
    const missing = parts.filter((part) => !existsSync(join(packageRoot, 'subgraphs', name, part)));
    expect(missing).toEqual([]);
  });

  it.each(subgraphNames)('of %s: its README has the sections a reader looks for', (name) => {
    const text = readFileSync(join(packageRoot, 'subgraphs', name, 'README.md'), 'utf8');
    const sections = [...text.matchAll(/^## (.+)$/gm)].map((match) => match[1]);
    for (const section of ['Owns', 'Glossary', 'Invariants', 'Flows', 'Refusals', 'Limits', 'Run']) {
      expect(sections, section).toContain(section);
    }
  });

  it(`are at most ${LINES_MAX} lines long`, () => {
    const long = sources.filter(({ text }) => text.split('\n').length > LINES_MAX + 1).map(({ path }) => path);
    expect(long).toEqual([]);
  });

  it('type nothing as any, leave nothing to do and silence no rule', () => {
    const marks = /\bTODO\b|\bFIXME\b|@ts-ignore|@ts-nocheck|biome-ignore/;
    const anything = /(:|<|\bas)\s*any\b/;
    const comments = /\/\*[\s\S]*?\*\/|\/\/.*$|^\s*--.*$/gm;
    const offending = [...sources, ...tests.filter(({ path }) => !path.startsWith('test/tidy/'))].filter(
      ({ text }) => marks.test(text) || anything.test(text.replace(comments, '')),
    );
    expect(offending.map(({ path }) => path)).toEqual([]);
  });

  it('skip and focus no test', () => {
    const marks = /\b(it|test|describe)\.(skip|only|todo)\b/;
    expect(
      tests.filter(({ path, text }) => !path.startsWith('test/tidy/') && marks.test(text)).map(({ path }) => path),
    ).toEqual([]);
  });
});

describe('refusal codes', () => {
  const testText = tests
    .filter(({ path }) => !path.startsWith('test/tidy/'))
    .map(({ text }) => text)
    .join('\n');
  const sourceText = [
    ...sources.filter(({ path }) => !path.startsWith('platform/kernel/refusals/')).map(({ text }) => text),
    // The ledger judges inside the database.
    ...readMigrations(),
  ].join('\n');

  it.each(Object.keys(refusalRegistry))('%s is given by the program and shown by a test', (code) => {
    expect(sourceText, 'in the program').toMatch(new RegExp(`['"]${code}['"]`));
    expect(testText, 'in a test').toMatch(new RegExp(`['"]${code}['"]`));
  });
});
