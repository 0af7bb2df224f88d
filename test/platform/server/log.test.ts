import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logTo, makeLogger } from '../../../platform/server/log.js';

let lines: string[] = [];
beforeAll(() => logTo({ write: (line) => void lines.push(line) }));
afterAll(() => logTo(process.stderr));

/** The line that is logged for these values. */
function logged(values: object): string {
  lines = [];
  makeLogger('identity', 'info').info(values, 'something happened');
  expect(lines).toHaveLength(1);
  return lines[0] ?? '';
}

describe('a log line', () => {
  it('is JSON with time, level, service and message', () => {
    const line = logged({ requestId: 'req_1' });
    expect(line).toMatch(/\n$/);
    expect(JSON.parse(line)).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'identity',
      requestId: 'req_1',
      msg: 'something happened',
    });
  });

  it.each([
    'password',
    'newPassword',
    'secret',
    'clientSecret',
    'accessToken',
    'refreshToken',
    'enrolmentToken',
    'deviceToken',
    'deviceCode',
    'userCode',
    'recoveryCodes',
    'token',
    'authorization',
    'mandate',
    'ownerUrl',
    'appUrl',
  ])('never has a %s, wherever it stands', (key) => {
    for (const values of [
      { [key]: 'hunter2' },
      { input: { [key]: 'hunter2' } },
      { request: { input: { [key]: 'hunter2' } } },
      { [key]: ['hunter2', 'hunter2'] },
      { [key]: { inside: 'hunter2' } },
    ]) {
      const line = logged(values);
      expect(line).not.toContain('hunter2');
      expect(line).toContain('[secret]');
    }
  });

  it('never has a one-time code, and has the code of an error', () => {
    expect(logged({ input: { code: '123456' } })).not.toContain('123456');
    expect(logged({ request: { input: { code: '123456' } } })).not.toContain('123456');
    expect(logged({ code: 'ECONNREFUSED', err: { code: 'ECONNRESET' } })).toMatch(/ECONNREFUSED.*ECONNRESET/);
  });

  it('is left out below the level', () => {
    lines = [];
    makeLogger('identity', 'error').warn('something happened');
    makeLogger('identity', 'silent').error('something happened');
    expect(lines).toEqual([]);
  });
});
