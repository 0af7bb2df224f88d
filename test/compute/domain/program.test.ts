import { expect, test } from 'vitest';
import { parseProgram } from '../../../subgraphs/compute/domain/program.js';

const pathOf = (input: Parameters<typeof parseProgram>[0]) => {
  const result = parseProgram(input);
  return result.ok ? null : result.refusal.path.join('.');
};

test('a command keeps its arguments byte for byte', () => {
  const command = ['printf', '%s\n', '$(id)', '`id`', '; rm -rf /', '\t', '*'];
  expect(parseProgram({ command })).toEqual({ ok: true, value: { command, script: null } });
});

test('a script names its interpreter', () => {
  const script = '#!/bin/sh\necho "$HOME"\n';
  expect(parseProgram({ script })).toEqual({ ok: true, value: { command: null, script } });
  for (const bad of ['', 'echo', '#!', '#!sh', '#! \n', ' #!/bin/sh']) expect(pathOf({ script: bad })).toBe('script');
});

test('exactly one of the two is taken', () => {
  expect(pathOf({})).toBe('command');
  expect(pathOf({ command: ['a'], script: '#!/bin/sh' })).toBe('script');
  expect(pathOf({ command: null, script: null })).toBe('command');
});

test('size and characters are bounded', () => {
  expect(pathOf({ command: [] })).toBe('command');
  expect(pathOf({ command: [' '] })).toBe('command');
  expect(pathOf({ command: Array.from({ length: 1_001 }, () => 'a') })).toBe('command');
  expect(pathOf({ command: ['a', 'b'.repeat(131_072)] })).toBe('command');
  expect(pathOf({ command: ['a', 'b\u0000'] })).toBe('command.1');
  expect(pathOf({ command: ['a', '\u001b[2J'] })).toBe('command.1');
  expect(pathOf({ command: ['a', '\ud800'] })).toBe('command.1');
  expect(pathOf({ script: `#!/bin/sh\n${'a'.repeat(262_144)}` })).toBe('script');
  expect(pathOf({ script: '#!/bin/sh\n\u0007' })).toBe('script');
});
