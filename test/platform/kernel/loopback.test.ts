import { describe, expect, it } from 'vitest';
import { isLoopback, isLoopbackHost } from '../../../platform/kernel/loopback.js';

describe('loopback', () => {
  it.each([
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    '::1',
    '[::1]',
    '0:0:0:0:0:0:0:1',
    '::ffff:127.0.0.1',
    'localhost',
    'LOCALHOST',
    'localhost.',
  ])('is %s', (host) => expect(isLoopbackHost(host)).toBe(true));
  it.each([
    '0.0.0.0',
    '::',
    '[::]',
    '10.0.0.1',
    '128.0.0.1',
    '::2',
    '::ffff:10.0.0.1',
    'localhost.example.org',
    'notlocalhost',
    '127.0.0.1.example.org',
    '127.1',
    '',
    'host1',
  ])('is not %j', (host) => expect(isLoopbackHost(host)).toBe(false));
  it('is told of an address by its host alone', () => {
    expect(isLoopback('http://127.0.0.1:4000/')).toBe(true);
    expect(isLoopback('https://[::1]:4000')).toBe(true);
    expect(isLoopback('postgresql://user:secret@localhost:5432/x')).toBe(true);
    expect(isLoopback('http://127.0.0.1@192.0.2.1/')).toBe(false);
    expect(isLoopback('http://127.0.0.1.example.org')).toBe(false);
  });
});
