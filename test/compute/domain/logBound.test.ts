import { expect, test } from 'vitest';
import { computeLimits } from '../../../subgraphs/compute/domain/limits.js';
import { boundLines, type LogLine, storableText } from '../../../subgraphs/compute/domain/logBound.js';

const at = new Date(0);
const line = (text: string): LogLine => ({ at, stream: 'STDOUT', text });

test('lines are taken until the log is full; then one SYSTEM line ends it', () => {
  const nearly = computeLimits.logBytesMax - 2 * (computeLimits.logLineOverheadBytes + 1);
  const bounded = boundLines({ bytes: nearly, truncated: false }, [line('a'), line('b'), line('c'), line('d')]);
  expect(bounded.truncated).toBe(true);
  expect(bounded.lines.map(({ stream, text }) => [stream, text])).toEqual([
    ['STDOUT', 'a'],
    ['STDOUT', 'b'],
    ['SYSTEM', 'The log was truncated: it has reached its limit of 10 MiB.'],
  ]);
  expect(boundLines(bounded, [line('e')])).toEqual({ lines: [], bytes: bounded.bytes, truncated: true });
});

test('a line weighs its bytes and an overhead', () => {
  expect(boundLines({ bytes: 0, truncated: false }, [line('ß'), line('')]).bytes).toBe(
    2 + 2 * computeLimits.logLineOverheadBytes,
  );
});

test('a NUL is replaced', () => {
  expect(storableText('a\0b')).toBe('a\ufffdb');
});
