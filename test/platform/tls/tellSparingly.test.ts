import { expect, it, vi } from 'vitest';
import { tellSparingly } from '../../../platform/tls/tellSparingly.js';

it('what comes with every call is told once a minute, whatever its numbers are', () => {
  vi.useFakeTimers();
  try {
    const lines: string[] = [];
    const tell = tellSparingly({ warn: (line: string) => void lines.push(line) });
    tell('signed 31 s ago');
    tell('signed 32 s ago');
    tell('signed by nobody');
    expect(lines).toEqual(['signed 31 s ago', 'signed by nobody']);
    vi.advanceTimersByTime(61_000);
    tell('signed 33 s ago');
    expect(lines).toHaveLength(3);
  } finally {
    vi.useRealTimers();
  }
});
