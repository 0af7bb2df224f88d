import { expect, test } from 'vitest';
import { reportWindowOf } from '../../../subgraphs/accounting/domain/reportWindow.js';

const now = new Date('2026-11-28T18:00:00Z');
const at = (text: string) => new Date(`${text}:00Z`);

test.each<[string, Parameters<typeof reportWindowOf>[0], ReturnType<typeof reportWindowOf>]>([
  ['nothing asked', {}, { from: at('2026-08-30T00:00'), to: null }],
  ['an end', { to: at('2026-01-31T12:00') }, { from: at('2025-11-02T00:00'), to: at('2026-01-31T12:00') }],
  ['an end to come', { to: at('2030-01-01T00:00') }, { from: at('2026-08-30T00:00'), to: at('2030-01-01T00:00') }],
  ['a beginning', { from: at('2026-01-01T00:00') }, { from: at('2026-01-01T00:00'), to: null }],
  ['366 days', { from: at('2025-11-27T18:00') }, { from: at('2025-11-27T18:00'), to: null }],
  ['more', { from: at('2025-11-27T17:59') }, null],
  [
    'a year long ago',
    { from: at('2020-01-01T00:00'), to: at('2021-01-01T00:00') },
    { from: at('2020-01-01T00:00'), to: at('2021-01-01T00:00') },
  ],
  ['all of time', { from: new Date(-8.64e15), to: new Date(8.64e15) }, null],
  ['an end before the beginning', { from: now, to: at('2020-01-01T00:00') }, { from: now, to: at('2020-01-01T00:00') }],
])('%s', (_what, asked, expected) => {
  expect(reportWindowOf(asked, now)).toEqual(expected);
});
