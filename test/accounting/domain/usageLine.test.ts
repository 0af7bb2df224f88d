import { describe, expect, it } from 'vitest';
import { readUsageLine } from '../../../subgraphs/accounting/domain/usageLine.js';

const least = { externalId: 'a', resource: 'r', start: '2026-02-28T00:00:00Z', end: '2026-02-28T01:00:00.5+00:00' };
const read = (more: object) => readUsageLine(JSON.stringify({ ...least, ...more }));

describe('readUsageLine', () => {
  it('fills in what is not said', () => {
    expect(read({ user: null })).toEqual({
      ok: true,
      value: {
        externalId: 'a',
        segment: 0,
        revision: 0,
        user: null,
        group: null,
        account: null,
        resource: 'r',
        startMs: Date.UTC(2026, 1, 28),
        endMs: Date.UTC(2026, 1, 28, 1, 0, 0, 500),
        cpuSeconds: 0n,
        gpuSeconds: 0n,
        memoryByteSeconds: 0n,
        storageByteSeconds: 0n,
        metadata: [],
      },
    });
  });

  it('reads everything that is said', () => {
    const said = { user: 'u', segment: 2, cpuSeconds: '-7', metadata: [{ name: 'n', value: 'v' }] };
    expect(read(said)).toMatchObject({ ok: true, value: { ...said, cpuSeconds: -7n } });
    expect(read({ end: '2024-02-29T00:00:00Z' }).ok).toBe(true);
  });

  it.each([
    ['{', 'not JSON'],
    ['[]', 'an object'],
    ['null', 'an object'],
    ['1', 'an object'],
  ])('refuses the line %s', (line, problem) => {
    expect(readUsageLine(line)).toMatchObject({ ok: false, refusal: expect.stringContaining(problem) });
  });

  it.each([
    ['externalId', 1],
    ['user', {}],
    ['segment', '1'],
    ['revision', 0.5],
    ['cpuSeconds', 1],
    ['cpuSeconds', '1e3'],
    ['gpuSeconds', ''],
    ['start', 'yesterday'],
    ['start', '2026-02-29T00:00:00Z'],
    ['end', '2026-01-01 00:00:00Z'],
    ['end', 5],
    ['metadata', {}],
    ['metadata', [null]],
    ['metadata', ['a']],
    ['metadata', [{ name: 'a' }]],
    ['__proto__x', 1],
  ])('refuses %s of the value %j', (name, value) => {
    expect(read({ [name]: value }).ok).toBe(false);
  });
});
