import { describe, expect, it } from 'vitest';
import { httpAddress } from '../../../platform/kernel/httpAddress.js';

const faultOf = (text: string): string | undefined => httpAddress.safeParse(text).error?.issues[0]?.message;

describe('an address that may be called', () => {
  it.each([
    'https://id.example.org',
    'https://id.example.org:4001/path',
    'http://127.0.0.1:4000',
    'http://[::1]:4000',
    'http://localhost',
  ])('may be %s', (text) => {
    expect(faultOf(text)).toBeUndefined();
  });

  it.each([
    ['http://id.example.org', /^plain HTTP is for loopback alone/],
    ['https://bob:hunter2@id.example.org', /^addresses are shown/],
    ['https://bob@id.example.org', /^addresses are shown/],
    ['https://:hunter2@id.example.org', /^addresses are shown/],
    ['http://bob:hunter2@127.0.0.1:4000', /^addresses are shown/],
    ['ftp://id.example.org', /URL/],
    ['somewhere', /URL/],
  ])('may not be %s', (text, reason) => {
    expect(faultOf(text)).toMatch(reason);
    expect(faultOf(text)).not.toContain('hunter2');
  });
});
