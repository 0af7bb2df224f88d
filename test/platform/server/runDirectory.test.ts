import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announcedUrl, lockService, type ServiceLock } from '../../../platform/server/runDirectory.js';

let home: string;
let lock: ServiceLock;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'tollgate-run-'));
  await chmod(home, 0o700);
  lock = await lockService(home, 'storage');
});
afterEach(async () => {
  await lock.release();
  await rm(home, { recursive: true, force: true });
});

it('tells where a service listens, from its announcement on, and again when it has moved', async () => {
  await expect(announcedUrl(home, 'storage')).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' });
  for (const url of ['http://127.0.0.1:1001', 'http://127.0.0.1:1002', 'http://127.0.0.1:1003']) {
    await lock.announce(url);
    expect(await announcedUrl(home, 'storage')).toBe(url);
    expect(await announcedUrl(home, 'storage')).toBe(url);
  }
  await expect(announcedUrl(home, 'compute')).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' });
  await lock.release();
  await expect(announcedUrl(home, 'storage')).rejects.toMatchObject({ code: 'SUBGRAPH_UNAVAILABLE' });
});
