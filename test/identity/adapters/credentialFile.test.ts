import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credentialFile } from '../../../subgraphs/identity/adapters/credentialFile.js';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-file-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

describe('credential file', () => {
  it('is written for its owner alone, with its folder', async () => {
    const path = join(home, 'controllers', 'local.json');
    const file = credentialFile(path);
    expect(await file.exists()).toBe(false);
    expect(await file.read()).toBeNull();
    await file.write({ clientId: 'svc_1' });
    expect(await file.exists()).toBe(true);
    expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ clientId: 'svc_1' });
    expect(await file.read()).toEqual({ clientId: 'svc_1' });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(home, 'controllers'))).mode & 0o777).toBe(0o700);
  });

  it('says undefined of what it did not write', async () => {
    const path = join(home, 'other.json');
    await writeFile(path, 'not JSON');
    expect(await credentialFile(path).read()).toBeUndefined();
  });
});
