import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ProgramOptions, startProgram } from '../../support/program.js';

/** A start that must be refused. */
export interface BadStart extends ProgramOptions {
  readonly home: string;
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** 1 unless told. */
  readonly code?: number;
}

/** What a start says that must be refused: one sentence, with its exit code; it leaves nothing that runs or says so. */
export async function badStart({
  home,
  words,
  environment,
  code: expected = 1,
  ...options
}: BadStart): Promise<string> {
  const program = startProgram(
    ['start', ...words],
    { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', ...environment },
    options,
  );
  const { code } = await program.ended;
  expect(code, program.output()).toBe(expected);
  const lines = program
    .output()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('Starting '));
  expect(lines, program.output()).toHaveLength(1);
  await expectNothingLeft(home);
  return lines[0] ?? '';
}

/** Nothing on a home says that it runs. */
export async function expectNothingLeft(home: string): Promise<void> {
  const left = await readdir(join(home, 'run')).catch(() => []);
  expect(left.filter((name) => /lock|process-|^(?!database).*\.json/.test(name))).toEqual([]);
}
