import { spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { makeWorkspace, type Workspace } from './support/workspace.js';

const PROGRAM = `import { acctOptionsOf, resolveReference, unlock } from 'tollgate/acct';
const acct = await unlock(await acctOptionsOf({}));
const password: string = resolveReference('acct:ldap.bind#password', acct.profiles);
// @ts-expect-error a wrong use is found: without declarations everything would be "any"
const wrong: number = resolveReference('acct:ldap.bind#password', acct.profiles);
await acct.close();
process.exitCode = password.length + wrong;
`;

describe('the declarations of tollgate/acct', () => {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = await makeWorkspace();
    await mkdir(workspace.path('node_modules'));
    await symlink(packageRoot, workspace.path('node_modules/tollgate'));
    for (const name of ['commander', '@types']) {
      await symlink(join(packageRoot, 'node_modules', name), workspace.path(`node_modules/${name}`));
    }
  });
  afterAll(() => workspace.remove());

  it('let a strict program of somebody else compile, and find its mistakes', async () => {
    await writeFile(workspace.path('mine.mts'), PROGRAM);
    const compiler = join(packageRoot, 'node_modules', 'typescript', 'bin', 'tsc');
    const flags = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node'];
    const { stdout, status } = spawnSync(process.execPath, [compiler, ...flags, 'mine.mts'], {
      cwd: workspace.folder,
      encoding: 'utf8',
    });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});
