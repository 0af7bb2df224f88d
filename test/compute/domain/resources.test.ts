import { expect, test } from 'vitest';
import { coresOf, parseResources } from '../../../subgraphs/compute/domain/resources.js';

test('what is absent has its default', () => {
  const parsed = parseResources({ wallTimeSeconds: 60 });
  expect(parsed).toEqual({
    ok: true,
    value: { nodes: 1, tasks: 1, cpusPerTask: 1, memoryBytes: null, gpus: 0, wallTimeSeconds: 60 },
  });
  if (parsed.ok) expect(coresOf({ ...parsed.value, nodes: 2, tasks: 3, cpusPerTask: 4 })).toBe(24n);
});

test.each([
  ['nodes', { nodes: 0 }],
  ['tasks', { tasks: -1 }],
  ['cpusPerTask', { cpusPerTask: 100_000 }],
  ['gpus', { gpus: -1 }],
  ['memory', { memory: 0n }],
  ['memory', { memory: 2n ** 63n }],
  ['wallTimeSeconds', { wallTimeSeconds: 0 }],
  ['wallTimeSeconds', { wallTimeSeconds: 604_801 }],
])('%s is bounded', (field, changes) => {
  expect(parseResources({ wallTimeSeconds: 60, ...changes })).toMatchObject({
    ok: false,
    refusal: { code: 'INVALID_INPUT', path: ['resources', field] },
  });
});
