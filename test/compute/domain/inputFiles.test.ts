import { expect, test } from 'vitest';
import { parseInputFiles } from '../../../subgraphs/compute/domain/inputFiles.js';

const file = (as: string, path = '/a') => ({ driveId: 'drv_1', path, as });

test('plain file names are taken as they are', () => {
  for (const name of ['a', 'a b.txt', '-rf', '...', 'ß', '文件', 'a'.repeat(255)]) {
    expect(parseInputFiles([file(name)])).toMatchObject({ ok: true, value: [{ as: name }] });
  }
});

test.each([
  '',
  '.',
  '..',
  '../x',
  'a/b',
  '/etc/passwd',
  'a\\b',
  'a\u0000b',
  'a\nb',
  ' a',
  'a ',
  '\u202ea',
  'e\u0301',
  'ß'.repeat(128),
  'a'.repeat(256),
])('the name %j is refused', (name) => {
  expect(parseInputFiles([file(name)])).toMatchObject({
    ok: false,
    refusal: { code: 'INVALID_INPUT', path: ['inputs', '0', 'as'] },
  });
});

test('a path that cannot be one, a name twice, and too many files are refused', () => {
  const pathOf = (files: readonly ReturnType<typeof file>[]) => {
    const result = parseInputFiles(files);
    return result.ok ? null : result.refusal.path.join('.');
  };
  expect(pathOf([file('a', '')])).toBe('inputs.0.path');
  expect(pathOf([file('a', 'x\u0000')])).toBe('inputs.0.path');
  expect(pathOf([file('a'), file('a')])).toBe('inputs.1.as');
  expect(pathOf(Array.from({ length: 33 }, (_none, index) => file(`f${index}`)))).toBe('inputs');
});
