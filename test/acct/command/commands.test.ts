import { chmod, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aesgcm256 } from '../../../acct/crypto/aesgcm256.js';
import { fernet } from '../../../acct/crypto/fernet.js';
import { failures } from '../../../acct/failures.js';
import { golden } from '../support/golden.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

const { key } = golden;
const modeOf = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('tollgate acct', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await makeWorkspace();
    await workspace.write('creds.yaml', golden.yaml);
    await workspace.write('golden.fernet', golden.token);
  });
  afterEach(() => workspace.remove());

  /** Runs and expects one line of refusal, no output and the status of the code. */
  const refused = async (code: keyof typeof failures, words: readonly string[], given = {}): Promise<string> => {
    const outcome = await workspace.acct(words, given);
    expect({ code: outcome.code, stdout: outcome.stdout }, outcome.stderr).toEqual({
      code: failures[code].exitCode,
      stdout: '',
    });
    expect(outcome.stderr).toMatch(/^tollgate acct: [^\n]+\n$/);
    expect(outcome.stderr).not.toContain('s3cr3t');
    return outcome.stderr;
  };

  it('encrypts: prints a generated key alone, writes FILE.fernet for the owner alone, leaves nothing else', async () => {
    const { code, stdout, stderr } = await workspace.acct(['encrypt', 'creds.yaml']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^[\w-]{43}=\n$/);
    expect(await modeOf(workspace.path('creds.yaml.fernet'))).toBe('600');
    expect((await readdir(workspace.folder)).sort()).toEqual(['creds.yaml', 'creds.yaml.fernet', 'golden.fernet']);
    expect(await workspace.acct(['decrypt', 'creds.yaml.fernet', '--acct-key', stdout.trim()])).toEqual({
      code: 0,
      stdout: golden.yaml,
      stderr: '',
    });
  });

  it('prints nothing when it is given a key, also one that begins with "-"', async () => {
    for (const dashed of ['-V', '-h', '--', '-a'].map((start) => `${start}${key.slice(start.length)}`)) {
      expect(await workspace.acct(['encrypt', 'creds.yaml', '--acct-key', dashed])).toEqual({
        code: 0,
        stdout: '',
        stderr: '',
      });
      expect((await workspace.acct(['decrypt', '--acct-key', dashed, 'creds.yaml.fernet'])).stdout).toBe(golden.yaml);
      expect((await workspace.acct(['decrypt', `--acct-key=${dashed}`, 'creds.yaml.fernet'])).stdout).toBe(golden.yaml);
    }
  }, 120_000);

  it('reads what the Python tool wrote, as YAML and as JSON', async () => {
    expect((await workspace.acct(['decrypt', 'golden.fernet', '--acct-key', key])).stdout).toBe(golden.yaml);
    const { stdout } = await workspace.acct(['decrypt', 'golden.fernet', '--acct-key', key, '--output', 'json']);
    expect(JSON.parse(stdout)).toEqual({
      provider: { profile_name: { username: 'alice', password: 's3cr3t', port: 8080, tls: true } },
    });
  });

  it('keeps integers exact and floats floats, in both outputs', async () => {
    await workspace.write(
      'n.yaml',
      'p: {x: {big: 18446744073709551615, one: 1.0, odd: 9007199254740993, tiny: -9223372036854775808}}\n',
    );
    await workspace.acct(['encrypt', 'n.yaml', '--acct-key', key]);
    const yaml = await workspace.acct(['decrypt', 'n.yaml.fernet', '--acct-key', key]);
    expect(yaml.stdout).toBe(
      'p:\n  x:\n    big: 18446744073709551615\n    one: 1.0\n    odd: 9007199254740993\n    tiny: -9223372036854775808\n',
    );
    const json = await workspace.acct(['decrypt', 'n.yaml.fernet', '--acct-key', key, '--output=json']);
    expect(json.stdout.replace(/\s/g, '')).toBe(
      '{"p":{"x":{"big":18446744073709551615,"one":1.0,"odd":9007199254740993,"tiny":-9223372036854775808}}}',
    );
  });

  it('takes keys from a file, a descriptor, stdin and the environment, and the file from ACCT_FILE', async () => {
    await workspace.write('keys', `${fernet.generateKey()}\n${key}\n`);
    const environment = { ACCT_FILE: workspace.path('golden.fernet') };
    const ways: readonly [readonly string[], object][] = [
      [['--acct-key-file', 'keys'], {}],
      [['--acct-key-file', '-'], { input: `${key}\n` }],
      [['--acct-key', '-'], { input: key }],
      [['--acct-key-fd', '3'], { descriptor: key }],
      [['--acct-key', fernet.generateKey(), '--acct-key', key], {}],
      [[], { environment: { ...environment, ACCT_KEY: key } }],
      [[], { environment: { ...environment, ACCT_KEY: `${fernet.generateKey()} ${key}` } }],
      [[], { environment: { ...environment, ACCT_KEY_FILE: workspace.path('keys') } }],
    ];
    for (const [words, given] of ways) {
      expect(await workspace.acct(['decrypt', ...words], { environment, ...given })).toEqual({
        code: 0,
        stdout: golden.yaml,
        stderr: '',
      });
    }
  }, 120_000);

  it('lets the command line win over the environment, that over the configuration, that over defaults', async () => {
    const config = await workspace.write(
      'config.yaml',
      `other: 1\nacct: {acct_file: golden.fernet, acct_key: ${key}, output: json, overrides: {provider: {profile_name: {n: 1.0}}}}\n`,
    );
    const wrong = fernet.generateKey();
    expect((await workspace.acct(['decrypt', '--config', config])).stdout).toContain('"n": 1.0');
    expect((await workspace.acct(['decrypt'], { environment: { ACCT_CONFIG: config } })).stdout).toContain('"n": 1.0');
    expect(
      (await workspace.acct(['decrypt', '--config', config, '--output', 'yaml', '--overrides', '{"x": {}}'])).stdout,
    ).toBe(`${golden.yaml}x: {}\n`);
    await refused('KEY_WRONG', ['decrypt', '--config', config], { environment: { ACCT_KEY: wrong } });
    expect(
      (await workspace.acct(['decrypt', '--config', config, '--acct-key', key], { environment: { ACCT_KEY: wrong } }))
        .code,
    ).toBe(0);
    await refused('FILE_MISSING', ['decrypt', '--config', config], { environment: { ACCT_FILE: 'nowhere' } });
    await workspace.write('config.yaml', 'acct: {acct_kye: x}\n');
    expect(await refused('USAGE', ['decrypt', '--config', config])).toContain('acct.acct_kye');
  }, 120_000);

  it('shows one profile, and lays overrides over it', async () => {
    const show = (profile: string, ...more: readonly string[]) =>
      workspace.acct(['decrypt', 'golden.fernet', '--acct-key', key, '--profile', profile, ...more]);
    expect((await show('profile_name', '--overrides', '{"provider": {"profile_name": {"port": 1e2}}}')).stdout).toBe(
      'username: alice\npassword: s3cr3t\nport: 100.0\ntls: true\n',
    );
    expect((await show('provider.profile_name')).code).toBe(0);
    expect((await show('nobody')).code).toBe(failures.PROFILE_UNKNOWN.exitCode);
    expect((await show('profile_name', '--overrides', '{"second": {"profile_name": {}}}')).code).toBe(
      failures.PROFILE_DUPLICATE.exitCode,
    );
    expect((await show('profile_name', '--overrides', '{')).code).toBe(failures.DOCUMENT_INVALID.exitCode);
  });

  it('writes plaintext to a file for its owner alone', async () => {
    expect(await workspace.acct(['decrypt', 'golden.fernet', '--acct-key', key, '--output-file', 'plain'])).toEqual({
      code: 0,
      stdout: '',
      stderr: '',
    });
    expect(await readFile(workspace.path('plain'), 'utf8')).toBe(golden.yaml);
    expect(await modeOf(workspace.path('plain'))).toBe('600');
  });

  it('encrypts stdin, elsewhere, through a link, and removes the plaintext when asked', async () => {
    await symlink('real', workspace.path('link'));
    await workspace.write('real', 'old');
    await chmod(workspace.path('real'), 0o644);
    expect(
      (await workspace.acct(['encrypt', '-', '--output-file', 'link', '--acct-key', key], { input: golden.yaml })).code,
    ).toBe(0);
    expect(await modeOf(workspace.path('real'))).toBe('600');
    expect((await workspace.acct(['decrypt', 'real', '--acct-key', key])).stdout).toBe(golden.yaml);
    await refused('USAGE', ['encrypt', '-', '--acct-key', key], { input: golden.yaml });
    expect((await workspace.acct(['encrypt', 'creds.yaml', '--remove', '--acct-key', key])).code).toBe(0);
    expect(await readdir(workspace.folder)).not.toContain('creds.yaml');
  });

  it('uses the second plugin', async () => {
    const { stdout } = await workspace.acct(['encrypt', 'creds.yaml', '--crypto-plugin', 'aesgcm256']);
    expect(() => aesgcm256.checkKey(stdout.trim())).not.toThrow();
    const words = ['decrypt', 'creds.yaml.aesgcm256', '--crypto-plugin', 'aesgcm256', '--acct-key', stdout.trim()];
    expect((await workspace.acct(words)).stdout).toBe(golden.yaml);
    await refused('NOT_ENCRYPTED', ['decrypt', 'creds.yaml', ...words.slice(2)]);
  });

  it('has a status and one line of its own for every cause, and prints nothing', async () => {
    const decrypt = ['decrypt', 'golden.fernet', '--acct-key'];
    await refused('KEY_WRONG', [...decrypt, fernet.generateKey()]);
    expect(await refused('KEY_MALFORMED', [...decrypt, 'short'])).not.toContain('short');
    await refused('KEY_MISSING', ['decrypt', 'golden.fernet']);
    await refused('KEY_MISSING', ['decrypt', 'golden.fernet', '--acct-key-file', '-'], { input: '\n' });
    await refused('FILE_MISSING', ['decrypt', 'nowhere', '--acct-key', key]);
    await refused('USAGE', ['decrypt', '--acct-key', key]);
    await refused('FILE_UNUSABLE', ['decrypt', '.', '--acct-key', key]);
    await refused('FILE_UNUSABLE', ['encrypt', 'creds.yaml', '--acct-key', key, '--output-file', 'no/such/folder']);
    await refused('PLUGIN_FAILED', [...decrypt, key, '--crypto-plugin', 'rot13']);
    await workspace.write('cut', golden.token.slice(0, 90));
    await refused('FILE_TRUNCATED', ['decrypt', 'cut', '--acct-key', key]);
    await workspace.write(
      'altered',
      `${golden.token.slice(0, 100)}${golden.token[100] === 'A' ? 'B' : 'A'}${golden.token.slice(101)}`,
    );
    await refused('FILE_ALTERED', ['decrypt', 'altered', '--acct-key', key]);
    await refused('NOT_ENCRYPTED', ['decrypt', 'creds.yaml', '--acct-key', key]);
    expect((await workspace.acct(['decrypt', 'creds.yaml', '--allow-plaintext'])).stdout).toBe(golden.yaml);
    await workspace.write('bad.yaml', 'a:\n  p: s3cr3t\n  p: s3cr3t\n');
    expect(await refused('KEY_DUPLICATE', ['encrypt', 'bad.yaml'])).toContain('Line 3');
    await workspace.write('bad.yaml', 'a:\n  p: 2026-01-01\n');
    expect(await refused('VALUE_UNSUPPORTED', ['encrypt', 'bad.yaml'])).toContain('Line 2');
    await workspace.write('bad.yaml', 'a: [s3cr3t\n');
    await refused('DOCUMENT_INVALID', ['encrypt', 'bad.yaml']);
    await refused('DOCUMENT_INVALID', ['encrypt', 'golden.fernet']);
    await workspace.write('b.yaml', 'acct-backends: {nosuch: {x: {}}}\n');
    await workspace.acct(['encrypt', 'b.yaml', '--acct-key', key]);
    await refused('BACKEND_FAILED', ['decrypt', 'b.yaml.fernet', '--acct-key', key]);
    expect((await workspace.acct(['decrypt', 'b.yaml.fernet', '--acct-key', key, '--no-backends'])).code).toBe(0);
    expect(await readdir(workspace.folder)).not.toContain('bad.yaml.fernet');
  }, 180_000);

  it('rotates: the old key opens nothing, all files or none', async () => {
    await workspace.write('second.fernet', golden.token);
    const { code, stdout } = await workspace.acct(['rotate', 'golden.fernet', 'second.fernet', '--acct-key', key]);
    expect(code).toBe(0);
    const fresh = stdout.trim();
    for (const file of ['golden.fernet', 'second.fernet']) {
      await refused('KEY_WRONG', ['decrypt', file, '--acct-key', key]);
      expect((await workspace.acct(['decrypt', file, '--acct-key', fresh])).stdout).toBe(golden.yaml);
    }
    await workspace.write('third.fernet', golden.token);
    await refused('KEY_WRONG', ['rotate', 'golden.fernet', 'third.fernet', '--acct-key', fresh]);
    await refused('USAGE', ['rotate', 'golden.fernet', '--acct-key', fresh, '--new-key', fresh]);
    expect((await workspace.acct(['decrypt', 'golden.fernet', '--acct-key', fresh])).code).toBe(0);
    expect((await readdir(workspace.folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    const both = ['--acct-key', fresh, '--acct-key', key];
    expect(
      await workspace.acct(['rotate', 'golden.fernet', 'third.fernet', ...both, '--new-key-file', '-'], {
        input: fernet.generateKey(),
      }),
    ).toEqual({ code: 0, stdout: '', stderr: '' });
  }, 120_000);

  it('fits 80 columns in every help text, with an example each', async () => {
    for (const words of [[], ['encrypt'], ['decrypt'], ['edit'], ['rotate']]) {
      const { code, stdout } = await workspace.acct([...words, '--help']);
      expect(code).toBe(0);
      expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
      expect(stdout).toMatch(/Example:\n {2}.*tollgate acct /);
    }
  });

  it('answers a wrong use with status 2', async () => {
    for (const words of [
      ['decrypt', '--nope'],
      ['nope'],
      ['decrypt', 'a', 'b'],
      ['decrypt', '--output', 'xml'],
      ['decrypt', '--acct-key-fd', 'x'],
      ['decrypt', '--acct-key'],
    ]) {
      const { code, stdout, stderr } = await workspace.acct(words);
      expect({ code, stdout }, words.join(' ')).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^error: /);
    }
  });
});
