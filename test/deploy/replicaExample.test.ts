import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readEnvironment } from '../../cli/environment.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';

const run = promisify(execFile);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-replica-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('the replica’s configuration of docs/operations.md is taken, with each address of its peer', async () => {
  const page = await readFile(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const [, section = ''] = page.split('\n## Replicas and rolling restarts\n');
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(section) ?? [];
  const file = join(folder, 'accounting.yaml');
  await writeFile(file, yaml, { mode: 0o600 });
  const { stdout } = await run(
    process.execPath,
    [join(packageRoot, 'cli', 'tollgate.mjs'), 'configuration', 'show', '--json', '--config', file],
    { env: { PATH: process.env['PATH'] } },
  );
  const shown = JSON.parse(stdout) as { variable: string; value: string | null }[];
  const variables = Object.fromEntries(shown.map(({ variable, value }) => [variable, value ?? undefined]));
  const { peerUrls, drainMs } = readEnvironment(variables, process.getuid?.());
  expect(peerUrls).toEqual({
    identity: ['https://identity-a.example.org:4001', 'https://identity-b.example.org:4001'],
  });
  expect(drainMs).toBe(5_000);
});
