import { once } from 'node:events';
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fernet } from '../../../acct/crypto/fernet.js';
import { failures } from '../../../acct/failures.js';
import { golden } from '../support/golden.js';
import { makeWorkspace, type Workspace } from '../support/workspace.js';

const { key } = golden;
const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Waits for something to become true, 10 s at most. */
async function until(met: () => Promise<boolean>): Promise<boolean> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await met()) return true;
    await sleep(50);
  }
  return false;
}

describe('tollgate acct edit', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await makeWorkspace();
    await workspace.write('golden.fernet', golden.token);
  });
  afterEach(() => workspace.remove());

  const edit = (editor: string, ...words: readonly string[]) =>
    workspace.acct(['edit', ...words], { environment: { EDITOR: editor, ACCT_KEY: key } });
  const shown = async (file = 'golden.fernet') => (await workspace.acct(['decrypt', file, '--acct-key', key])).stdout;
  const where = async (): Promise<string> => (await readFile(workspace.path('where'), 'utf8')).trim();

  it('encrypts what the editor leaves, and removes the plaintext', async () => {
    const editor = `f() { echo "$1" > ${workspace.path('where')}; stat -c '%a' "$1" "$(dirname "$1")" > ${workspace.path('modes')}; sed -i 's/alice/bob/' "$1"; }; f`;
    expect(await edit(editor, 'golden.fernet')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await shown()).toBe(golden.yaml.replace('alice', 'bob'));
    expect((await readFile(workspace.path('modes'), 'utf8')).split('\n').slice(0, 2)).toEqual(['600', '700']);
    expect(await exists(dirname(await where()))).toBe(false);
  });

  it('writes nothing when nothing changed', async () => {
    expect((await edit('true', 'golden.fernet')).code).toBe(0);
    expect(await readFile(workspace.path('golden.fernet'), 'utf8')).toBe(golden.token);
  });

  it('makes a file that does not exist, and a key when there is none', async () => {
    const editor = `f() { printf 'a: {b: {c: 1}}\\n' > "$1"; }; f`;
    const { code, stdout } = await workspace.acct(['edit', 'new.fernet'], { environment: { EDITOR: editor } });
    expect(code).toBe(0);
    expect(() => fernet.checkKey(stdout.trim())).not.toThrow();
    expect((await workspace.acct(['decrypt', 'new.fernet', '--acct-key', stdout.trim()])).stdout).toBe(
      'a:\n  b:\n    c: 1\n',
    );
  });

  it('writes elsewhere, and with the first of several keys', async () => {
    const first = fernet.generateKey();
    const environment = { EDITOR: "sed -i 's/alice/bob/'" };
    expect(
      (
        await workspace.acct(
          ['edit', 'golden.fernet', '--output-file', 'other', '--acct-key', first, '--acct-key', key],
          { environment },
        )
      ).code,
    ).toBe(0);
    expect(await readFile(workspace.path('golden.fernet'), 'utf8')).toBe(golden.token);
    expect((await workspace.acct(['decrypt', 'other', '--acct-key', first])).stdout).toContain('bob');
  });

  it.each([
    ['EDITOR_FAILED', 'false'],
    ['EDITOR_FAILED', 'no-such-editor-here'],
    ['KEY_DUPLICATE', `f() { printf 'a: s3cr3t\\na: s3cr3t\\n' > "$1"; }; f`],
  ] as const)('changes nothing on %s', async (code, editor) => {
    const outcome = await edit(`echo "$1" > ${workspace.path('where')}; ${editor}`, 'golden.fernet');
    expect(outcome.code).toBe(failures[code].exitCode);
    expect(outcome.stderr).not.toContain('s3cr3t');
    expect(await readFile(workspace.path('golden.fernet'), 'utf8')).toBe(golden.token);
    expect(await exists(dirname(await where()))).toBe(false);
    expect((await readdir(workspace.folder)).sort()).toEqual(['golden.fernet', 'where']);
  });

  it('keeps both when someone else changes the file meanwhile', async () => {
    await workspace.write('other.fernet', `${golden.token}\n`);
    const editor = `f() { sed -i 's/alice/bob/' "$1"; cp ${workspace.path('other.fernet')} ${workspace.path('golden.fernet')}; }; f`;
    const { code, stderr } = await edit(editor, 'golden.fernet');
    expect(code).toBe(failures.FILE_UNUSABLE.exitCode);
    expect(stderr).toContain('golden.fernet.edited');
    expect(await shown()).toContain('alice');
    expect(await shown('golden.fernet.edited')).toContain('bob');
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGHUP'] as const)('leaves no plaintext when it is killed by %s', async (signal) => {
    const editor = `f() { echo "$1" > ${workspace.path('where.tmp')}; mv ${workspace.path('where.tmp')} ${workspace.path('where')}; exec sleep 20; }; f`;
    const child = workspace.start(['edit', 'golden.fernet'], { environment: { EDITOR: editor, ACCT_KEY: key } });
    const ended = once(child, 'exit');
    expect(await until(() => exists(workspace.path('where')))).toBe(true);
    const file = await where();
    expect(await readFile(file, 'utf8')).toBe(golden.yaml);
    child.kill(signal);
    await ended;
    expect(await until(async () => !(await exists(dirname(file))))).toBe(true);
    expect(await readFile(workspace.path('golden.fernet'), 'utf8')).toBe(golden.token);
  });
});
