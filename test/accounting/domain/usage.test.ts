import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { judgeUsage, metadataOf, metadataText, type UsageEntry } from '../../../subgraphs/accounting/domain/usage.js';

const NOW = Date.UTC(2026, 5, 1);
const entry: UsageEntry = {
  externalId: 'a',
  segment: 0,
  revision: 0,
  user: newId('user'),
  group: null,
  account: null,
  resource: 'r',
  startMs: NOW - 3_600_000,
  endMs: NOW,
  cpuSeconds: 0n,
  gpuSeconds: 0n,
  memoryByteSeconds: 0n,
  storageByteSeconds: 0n,
  metadata: [],
};
const judge = (more: Partial<UsageEntry>) => judgeUsage({ ...entry, ...more }, NOW);

describe('judgeUsage', () => {
  it.each<[string, Partial<UsageEntry>]>([
    ['a user', {}],
    ['a group and an account', { user: null, group: newId('group'), account: newId('account') }],
    ['31 days', { startMs: NOW - 31 * 86_400_000 }],
    [
      'the largest counts',
      { cpuSeconds: 2n ** 63n - 1n, gpuSeconds: 2n ** 63n - 1n, storageByteSeconds: 10n ** 38n - 1n },
    ],
    ['another’s job', { externalId: 'job_17' }],
    ['metadata', { metadata: [{ name: 'a', value: '' }] }],
  ])('takes %s', (_what, more) => {
    expect(judge(more)).toBeNull();
  });

  it.each<[string, Partial<UsageEntry>]>([
    ['OWN_JOB', { externalId: newId('job'), user: null }],
    ['INVALID_INPUT', { externalId: '' }],
    ['INVALID_INPUT', { resource: 'a\u001fb' }],
    ['INVALID_INPUT', { resource: '\ud800' }],
    ['INVALID_INPUT', { metadata: Array.from({ length: 21 }, (_, n) => ({ name: String(n), value: '' })) }],
    ['INVALID_INPUT', { metadata: [{ name: '', value: '' }] }],
    ['INVALID_INPUT', { metadata: [{ name: 'n'.repeat(101), value: '' }] }],
    ['INVALID_INPUT', { metadata: [{ name: 'n', value: 'v'.repeat(501) }] }],
    ['INVALID_INPUT', { metadata: [{ name: 'n', value: '\0' }] }],
    ['USAGE_PAYER_UNKNOWN', { user: null }],
    ['USAGE_PAYER_UNKNOWN', { user: newId('group') }],
    ['USAGE_PAYER_UNKNOWN', { group: newId('user') }],
    ['USAGE_PAYER_UNKNOWN', { account: 'acc_1' }],
    ['USAGE_NEGATIVE', { gpuSeconds: -1n }],
    ['USAGE_NEGATIVE', { memoryByteSeconds: -1n }],
    ['USAGE_NEGATIVE', { storageByteSeconds: -1n }],
    ['USAGE_NEGATIVE', { revision: -1 }],
    ['USAGE_TOO_LARGE', { cpuSeconds: 2n ** 63n }],
    ['USAGE_TOO_LARGE', { memoryByteSeconds: 10n ** 38n }],
    ['USAGE_TOO_LARGE', { storageByteSeconds: 10n ** 38n }],
    ['USAGE_TOO_LARGE', { segment: 2 ** 31 }],
    ['USAGE_TOO_LARGE', { revision: 2 ** 31 }],
    ['USAGE_PERIOD_INVALID', { startMs: NOW + 1 }],
    ['USAGE_PERIOD_INVALID', { startMs: NOW - 31 * 86_400_000 - 1 }],
    ['USAGE_IN_FUTURE', { endMs: NOW + 1 }],
  ])('%s', (code, more) => {
    expect(judge(more)).toBe(code);
  });
});

describe('metadata', () => {
  it('is kept whatever its order, and read back', () => {
    const names = fc.uniqueArray(
      fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(names, (some) => {
        const metadata = some.map((name) => ({ name, value: `${name}!` }));
        const text = metadataText(metadata);
        expect(metadataText([...metadata].reverse())).toBe(text);
        expect([...metadataOf(text)].sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
          [...metadata].sort((a, b) => (a.name < b.name ? -1 : 1)),
        );
      }),
    );
  });
});
