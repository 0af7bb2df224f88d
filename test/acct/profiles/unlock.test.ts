import { mkdir, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fernet } from '../../../acct/crypto/fernet.js';
import { readDocument } from '../../../acct/document/document.js';
import { type GatherPlugin, profiles, unlock, withUnlocked } from '../../../acct/index.js';
import { seal } from '../../../acct/sealed.js';
import { codeOf } from '../support/codeOf.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

const key = fernet.generateKey();
const yaml = `
default: work
aws:
  work: {id: alice, port: 8080, big: 18446744073709551615, rate: 1.0}
  home: {id: bob}
azure:
  home: {id: carol}
empty:
`;

describe('a file of profiles', () => {
  let workspace: Workspace;
  let file: string;
  beforeEach(async () => {
    workspace = await makeWorkspace();
    file = workspace.path('creds.fernet');
    await writeFile(file, seal(readDocument(yaml, 'it'), key, fernet));
  });
  afterEach(() => workspace.remove());

  it('gives profiles by provider, without the reserved keys, integers exact', async () => {
    expect(await profiles({ file, keys: [key] })).toEqual({
      aws: { work: { id: 'alice', port: 8080, big: 18_446_744_073_709_551_615n, rate: 1 }, home: { id: 'bob' } },
      azure: { home: { id: 'carol' } },
      empty: {},
    });
  });

  it('means by "default" what the file says', async () => {
    const acct = await unlock({ file, keys: [key] });
    expect(acct.defaultProfile).toBe('work');
    expect(acct.profile()).toMatchObject({ id: 'alice' });
    expect(acct.profile('default')).toMatchObject({ id: 'alice' });
  });

  it('gives an unknown profile as empty, and refuses one of several providers', async () => {
    const acct = await unlock({ file, keys: [key] });
    expect(acct.profile('nobody')).toEqual({});
    expect(acct.profile('toString')).toEqual({});
    expect(acct.profile('home', ['azure'])).toEqual({ id: 'carol' });
    expect(acct.profile('home', ['azure', 'azure', 'nowhere'])).toEqual({ id: 'carol' });
    expect(await codeOf(() => acct.profile('home'))).toBe(
      'PROFILE_DUPLICATE: Several providers have a profile home: aws, azure.',
    );
  });

  it('lays overrides over the file, at every level', async () => {
    const given = await profiles({
      file,
      keys: [key],
      overrides: { aws: { work: { id: 'eve', added: true } }, extra: { p: { q: 1 } } },
    });
    expect(given['aws']).toMatchObject({ work: { id: 'eve', port: 8080, added: true }, home: { id: 'bob' } });
    expect(given['extra']).toEqual({ p: { q: 1 } });
  });

  it('is empty when there is no file, but for the overrides', async () => {
    expect(await profiles({ file: null, keys: [], overrides: { a: { b: { c: 1 } } } })).toEqual({ a: { b: { c: 1 } } });
  });

  it('refuses a file that is not encrypted, unless asked', async () => {
    const plain = await workspace.write('plain.yaml', yaml);
    expect(await codeOf(() => profiles({ file: plain, keys: [key] }))).toMatch(/^NOT_ENCRYPTED/);
    expect(await codeOf(() => profiles({ file: plain, keys: [] }))).toMatch(/^KEY_MISSING/);
    expect(await profiles({ file: plain, keys: [], allowPlaintext: true })).toHaveProperty('aws.home.id', 'bob');
    expect(await profiles({ file: plain, keys: [key], allowPlaintext: true })).toHaveProperty('aws.home.id', 'bob');
    expect(await codeOf(() => profiles({ file: `${file}.no`, keys: [key] }))).toMatch(/^FILE_MISSING/);
  });

  it('runs plugins over backends and overrides, and closes them whatever happens', async () => {
    const events: string[] = [];
    const plugin: GatherPlugin = {
      name: 'session',
      provider: 'aws',
      gather: (given) => {
        events.push(`gather ${Object.keys(given).join(',')}`);
        return { work: { session: new Map() } };
      },
      close: () => void events.push('close'),
    };
    const failing = withUnlocked({ file, keys: [key], plugins: [plugin] }, async (acct) => {
      expect(acct.profile()).toEqual({ id: 'alice', port: 8080, big: 2n ** 64n - 1n, rate: 1, session: new Map() });
      throw new Error('the program failed');
    });
    await expect(failing).rejects.toThrow('the program failed');
    expect(events).toEqual(['gather aws', 'close']);
    expect(
      await withUnlocked({ file, keys: [key], plugins: [plugin], providers: ['azure'] }, async (acct) =>
        acct.profile('home'),
      ),
    ).toEqual({ id: 'carol' });
    expect(events).toHaveLength(2);
  });

  it('finds plugins of all three kinds in a directory', async () => {
    const directory = workspace.path('plugins');
    for (const kind of ['crypto', 'backend', 'gather'])
      await mkdir(`${directory}/${kind}`, { recursive: true, mode: 0o755 });
    await writeFile(
      `${directory}/crypto/reversed.mjs`,
      'export default { name: "reversed", generateKey: () => "k", checkKey() {}, encrypt: (b) => Buffer.from(b).reverse(), decrypt: (b) => Buffer.from(b).reverse() };',
    );
    await writeFile(
      `${directory}/backend/fixed.mjs`,
      'export default { name: "fixed", unlock: async (profile) => new Map([["fixed", new Map([["p", profile]])]]) };',
    );
    await writeFile(
      `${directory}/gather/shout.mjs`,
      'export default { name: "shout", provider: "fixed", gather: ({ fixed }) => ({ p: { loud: fixed.p.word.toUpperCase() } }) };',
    );
    await writeFile(`${directory}/gather/notes.txt`, 'not a plugin');
    await workspace.write('c.yaml', 'acct-backends: {fixed: {one: {word: hello}}}\n');
    const { code } = await workspace.acct([
      'encrypt',
      'c.yaml',
      '--crypto-plugin',
      'reversed',
      '--plugin-dir',
      directory,
    ]);
    expect(code).toBe(0);
    const acct = await unlock({
      file: workspace.path('c.yaml.reversed'),
      keys: ['any'],
      cryptoPlugin: 'reversed',
      pluginDirectory: directory,
    });
    expect(acct.profile('p')).toEqual({ word: 'hello', loud: 'HELLO' });
  });

  it.each([
    ['is missing', 'nosuch', ''],
    ['is not the name of a plugin', '../evil', ''],
    ['cannot be loaded', 'broken', 'throw new Error("broken at start")'],
    ['default export', 'shapeless', 'export default { name: "shapeless" };'],
  ])('refuses a plugin that %s', async (why, name, text) => {
    const directory = workspace.path('plugins');
    await mkdir(`${directory}/crypto`, { recursive: true, mode: 0o755 });
    if (text !== '') await writeFile(`${directory}/crypto/${name}.mjs`, text);
    expect(await codeOf(() => profiles({ file, keys: [key], cryptoPlugin: name, pluginDirectory: directory }))).toMatch(
      new RegExp(`^PLUGIN_FAILED: .*${why}`),
    );
  });

  it('refuses a plugin that others can write, and one without a directory', async () => {
    const directory = workspace.path('plugins');
    await mkdir(`${directory}/crypto`, { recursive: true });
    await writeFile(`${directory}/crypto/open.mjs`, 'export default {};', { mode: 0o666 });
    const { chmod } = await import('node:fs/promises');
    await chmod(`${directory}/crypto/open.mjs`, 0o666);
    expect(
      await codeOf(() => profiles({ file, keys: [key], cryptoPlugin: 'open', pluginDirectory: directory })),
    ).toMatch(/^PLUGIN_FAILED: .*others can write/);
    expect(await codeOf(() => profiles({ file, keys: [key], cryptoPlugin: 'open' }))).toMatch(
      /^PLUGIN_FAILED: There is no crypto plugin open; built in are fernet, aesgcm256/,
    );
  });
});
