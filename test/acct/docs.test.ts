import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failures } from '../../acct/failures.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { makeWorkspace, program, type Workspace } from './support/workspace.js';

/** One fenced block: ```language attribute. */
interface Block {
  readonly line: number;
  readonly language: string;
  readonly attribute: string;
  readonly text: string;
}

const page = await readFile(join(packageRoot, 'docs', 'acct.md'), 'utf8');

function blocksOf(text: string): readonly Block[] {
  return [...text.matchAll(/^```(\w+) ?(.*)\n([\s\S]*?)^```$/gm)].map((match) => ({
    line: text.slice(0, match.index).split('\n').length,
    language: match[1] ?? '',
    attribute: match[2] ?? '',
    text: match[3] ?? '',
  }));
}

const blocks = blocksOf(page);
const runnable = blocks.filter(
  ({ language, attribute }) => (language === 'sh' || language === 'js') && attribute === '',
);

describe('docs/acct.md', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await makeWorkspace();
    await mkdir(workspace.path('bin'));
    await writeFile(workspace.path('bin/tollgate'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
    await chmod(workspace.path('bin/tollgate'), 0o755);
    // As in a program that has installed both.
    await mkdir(workspace.path('node_modules'));
    await symlink(packageRoot, workspace.path('node_modules/tollgate'));
    await symlink(join(packageRoot, 'node_modules', 'commander'), workspace.path('node_modules/commander'));
    for (const { attribute, text } of blocks.filter((block) => block.attribute.startsWith('file='))) {
      const file = workspace.path(attribute.slice('file='.length));
      await mkdir(dirname(file), { recursive: true, mode: 0o755 });
      await writeFile(file, text);
    }
  });
  afterAll(() => workspace.remove());

  const run = (command: string, words: readonly string[], input: string): string => {
    const { stdout, stderr, status } = spawnSync(command, words, {
      cwd: workspace.folder,
      env: { PATH: `${workspace.path('bin')}:${process.env['PATH']}`, HOME: workspace.folder },
      input,
      encoding: 'utf8',
    });
    expect(status, stderr).toBe(0);
    return stdout;
  };

  it.each(runnable)('runs the $language example of line $line', async (block) => {
    const following = blocks.slice(blocks.indexOf(block) + 1);
    const inputBlock = following[0]?.attribute === 'input' ? following[0] : undefined;
    const expected = following[inputBlock === undefined ? 0 : 1];
    const input = inputBlock === undefined ? '' : run('/bin/sh', ['-ec', inputBlock.text], '');
    let stdout: string;
    if (block.language === 'sh') stdout = run('/bin/sh', ['-ec', block.text], input);
    else {
      const library = process.env['TOLLGATE_ACCT_LIBRARY'];
      const text =
        library === undefined ? block.text : block.text.replace('tollgate/acct', pathToFileURL(library).href);
      await writeFile(workspace.path('example.mjs'), text);
      stdout = run(process.execPath, ['example.mjs'], input);
    }
    expect(expected?.language).toBe('text');
    expect(stdout).toBe(expected?.text);
  });

  it('has examples of both kinds', () => {
    expect(new Set(runnable.map(({ language }) => language))).toEqual(new Set(['sh', 'js']));
  });

  it('tells every exit status, as the program has it', () => {
    const rows = Object.entries(failures).map(
      ([code, { exitCode, meaning }]) => `| ${exitCode} | \`${code}\` | ${meaning} |`,
    );
    expect(page.slice(page.indexOf('| 1 | | an unexpected failure |')).trim().split('\n').slice(1)).toEqual(rows);
  });
});
