import { describe, expect, it } from 'vitest';
import { parseEmail } from '../../../subgraphs/identity/domain/email.js';

describe('mail address', () => {
  it.each(['ada@example.org', 'a.b+c@sub.example.co', 'josé@exämple.de', "o'neil@example.org"])('may be %s', (text) => {
    expect(parseEmail(text)).toEqual({ ok: true, value: text });
  });

  it.each([
    '',
    'ada',
    'ada@',
    '@example.org',
    'ada@localhost',
    'ada@exa mple.org',
    'a@b@c.org',
    'a\u0000@example.org',
    'a@-x.org',
    'a@x-.org',
    'a\n@example.org',
    'a@example.org\n',
    `${'a'.repeat(65)}@example.org`,
    `a@${'b.'.repeat(130)}org`,
  ])('is not %j', (text) => {
    expect(parseEmail(text)).toMatchObject({ ok: false, refusal: { code: 'INVALID_INPUT', path: ['email'] } });
  });
});
