import { expect, test } from 'vitest';
import { coreShareDefault, coreShareOf } from '../../../subgraphs/compute/domain/coreShare.js';

const GIB = 2n ** 30n;
const untold = { cores: null, gpus: null, memoryBytes: null, coresPerGpu: null, memoryBytesPerCore: null };

test.each<[string, Partial<Parameters<typeof coreShareOf>[0]>, number, bigint]>([
  ['nothing told', {}, coreShareDefault.coresPerGpu, coreShareDefault.memoryBytesPerCore],
  ['a GPU’s and a core’s part of the machine', { cores: 64, gpus: 4, memoryBytes: 512n * GIB }, 16, 8n * GIB],
  ['parts that do not come out even', { cores: 7, gpus: 2, memoryBytes: 20n }, 3, 2n],
  ['more GPUs than cores', { cores: 2, gpus: 4 }, 1, coreShareDefault.memoryBytesPerCore],
  ['more cores than bytes', { cores: 4, memoryBytes: 2n }, coreShareDefault.coresPerGpu, 1n],
  ['no GPUs', { cores: 4, gpus: 0 }, coreShareDefault.coresPerGpu, coreShareDefault.memoryBytesPerCore],
  ['what the controller told', { cores: 64, gpus: 4, memoryBytes: GIB, coresPerGpu: 6, memoryBytesPerCore: 5n }, 6, 5n],
])('%s', (_what, told, coresPerGpu, memoryBytesPerCore) => {
  expect(coreShareOf({ ...untold, ...told })).toEqual({ coresPerGpu, memoryBytesPerCore });
});
