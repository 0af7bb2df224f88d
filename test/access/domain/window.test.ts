import { describe, expect, it } from 'vitest';
import { parseWindow, secondsUsed, wholeSeconds } from '../../../subgraphs/access/domain/window.js';

const now = new Date('2026-03-01T12:00:00.700Z');
const at = (text: string) => new Date(text);
const second = at('2026-03-01T12:00:00Z');

describe('parseWindow', () => {
  it.each([
    ['absent', null],
    ['past', at('2020-01-01T00:00:00Z')],
    ['up to 60 s ahead', at('2026-03-01T12:01:00.700Z')],
  ])('takes a start that is %s for now, cut to the second', (_name, startsAt) => {
    const endsAt = at('2026-03-31T12:00:00Z');
    expect(parseWindow({ startsAt, endsAt }, now)).toEqual({ ok: true, value: { startsAt: second, endsAt } });
  });

  it('keeps a start that is further ahead', () => {
    const window = { startsAt: at('2026-03-01T12:01:00.701Z'), endsAt: at('2026-03-02T00:00:00Z') };
    expect(parseWindow(window, now)).toEqual({ ok: true, value: window });
  });

  it.each([
    ['is over', null, at('2026-03-01T12:00:00.700Z'), 'endsAt'],
    ['ends before it begins', at('2026-04-01T00:00:00Z'), at('2026-03-31T00:00:00Z'), 'endsAt'],
    ['is empty', at('2026-04-01T00:00:00Z'), at('2026-04-01T00:00:00.999Z'), 'endsAt'],
    ['is longer than 366 days', null, at('2027-03-02T12:00:00.001Z'), 'endsAt'],
    ['begins more than 366 days ahead', at('2027-03-02T12:00:00.701Z'), at('2027-04-01T00:00:00Z'), 'startsAt'],
  ])('refuses one that %s', (_name, startsAt, endsAt, field) => {
    expect(parseWindow({ startsAt, endsAt }, now)).toMatchObject({
      ok: false,
      refusal: { type: 'InvalidInput', code: 'WINDOW_INVALID', path: [field] },
    });
  });

  it('takes 366 days', () => {
    expect(parseWindow({ startsAt: null, endsAt: at('2027-03-02T12:00:00Z') }, now)).toMatchObject({ ok: true });
  });
});

describe('the seconds of a window', () => {
  const window = { startsAt: at('2026-01-01T00:00:00Z'), endsAt: at('2026-01-01T00:01:00.900Z') };
  it('are whole', () => expect(wholeSeconds(window)).toBe(60n));
  it.each([
    ['2025-12-31T00:00:00Z', 0n],
    ['2026-01-01T00:00:00Z', 0n],
    ['2026-01-01T00:00:01.999Z', 1n],
    ['2026-01-01T00:01:00Z', 60n],
    ['2027-01-01T00:00:00Z', 60n],
  ])('used at %s are %s', (text, seconds) => expect(secondsUsed(window, at(text))).toBe(seconds));
});

describe("an offer's own bounds", () => {
  const startsAt = new Date('2026-01-02T00:00:00Z');
  const at = new Date('2026-01-01T00:00:00Z');
  const lasting = (ms: number) => ({ startsAt, endsAt: new Date(startsAt.getTime() + ms) });
  const bounds = { minimumDays: 7, maximumDays: 30 };
  const dayMs = 86_400_000;

  it.each([7 * dayMs, 30 * dayMs])('%d ms are within them', (ms) => {
    expect(parseWindow(lasting(ms), at, bounds)).toMatchObject({ ok: true });
  });
  it.each([7 * dayMs - 1, 30 * dayMs + 1_000])('%d ms are not', (ms) => {
    expect(parseWindow(lasting(ms), at, bounds)).toMatchObject({ ok: false, refusal: { code: 'WINDOW_INVALID' } });
  });
});
