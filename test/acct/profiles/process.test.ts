import { describe, expect, it } from 'vitest';
import { AcctError, type GatherPlugin, process } from '../../../acct/index.js';
import { codeOf } from '../support/codeOf.js';

const plugin = (name: string, parts: Partial<GatherPlugin>): GatherPlugin => ({
  name,
  provider: 'aws',
  gather: () => ({}),
  ...parts,
});

describe('process', () => {
  it('hands a plugin its provider and its own section alone', async () => {
    const seen: unknown[] = [];
    const { profiles } = await process({
      profiles: { aws: { a: { x: 1 } }, 'aws.one': { b: { y: 2 } }, 'aws.two': { c: {} }, azure: { d: {} } },
      plugins: [
        plugin('one', {
          gather: (given) => {
            seen.push(given);
            return { b: { made: true } };
          },
        }),
      ],
    });
    expect(seen).toEqual([{ aws: { a: { x: 1 } }, 'aws.one': { b: { y: 2 } } }]);
    expect(profiles['aws']).toEqual({ a: { x: 1 }, b: { made: true } });
  });

  it('closes those that gathered when another fails, and tells the failure', async () => {
    const closed: string[] = [];
    const plugins = [
      plugin('good', {
        gather: async () => ({ p: { live: true } }),
        close: (gathered) => void closed.push(`good ${Object.keys(gathered).join()}`),
      }),
      plugin('bad', { gather: async () => Promise.reject(new Error('s3cr3t')), close: () => void closed.push('bad') }),
      plugin('stubborn', { close: () => Promise.reject(new Error('cannot close')) }),
    ];
    const failure = await process({ profiles: {}, plugins }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AcctError);
    expect(failure).toMatchObject({
      code: 'PLUGIN_FAILED',
      message: 'Plugin aws.bad could not gather its profiles.',
      cause: new Error('s3cr3t'),
    });
    expect(closed).toEqual(['good p']);
  });

  it('closes all, also when one fails to, and once', async () => {
    const closed: string[] = [];
    const { close } = await process({
      profiles: {},
      plugins: [
        plugin('a', { close: () => Promise.reject(new Error('no')) }),
        plugin('b', { close: () => void closed.push('b') }),
        plugin('c', {
          close: () => {
            throw new Error('no');
          },
        }),
      ],
    });
    expect(await codeOf(close)).toBe('PLUGIN_FAILED: Closing failed for aws.a, aws.c.');
    await expect(close()).rejects.toThrow(AcctError);
    expect(closed).toEqual(['b']);
  });
});
