import { randomUUID } from 'node:crypto';
import { cp, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { StorageBench, someBytes } from './support/storage.js';

let bench: StorageBench;
beforeAll(async () => {
  bench = await StorageBench.start();
});
afterAll(() => bench.stop());

it('storage does not start where the objects that its database names are not, and does where they were brought', async () => {
  const { home } = bench.harness.settings;
  const empty = join(home, 'empty');
  const moved = join(home, 'moved');
  // Nothing is stored yet: any place is as good.
  await bench.startAnother({ objectsFolder: empty });
  const person = await bench.person();
  const drive = await bench.drive(person.userId);
  for (const path of ['a.bin', 'b.bin']) await bench.upload(person.token, drive.id, path, someBytes(1_000));
  const refusal = await bench.startAnother({ objectsFolder: empty }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ServiceStartError);
  expect((refusal as Error).message).toBe(
    `The objects that storage's database names are not in the folder ${empty}; put them there, or correct STORAGE_OBJECTS_DIR or STORAGE_S3_BUCKET to where they are.`,
  );
  await cp(join(home, 'objects'), moved, { recursive: true });
  await bench.startAnother({ objectsFolder: moved });
});

it('nor do objects count that are deleted rightly: of an upload that was given up, of a drive that was purged', async () => {
  const { home } = bench.harness.settings;
  const empty = join(home, 'empty-again');
  await mkdir(empty);
  const person = await bench.person();
  const upload = await bench.begun(person.token, (await bench.drive(person.userId)).id, 'c.bin', someBytes(1_000));
  await bench.abort(person.token, upload.id);
  for (const { grant_id: grantId } of await bench.sql<{ grant_id: string }>('SELECT grant_id FROM drive')) {
    await bench.ask(
      'mutation ($input: CloseDriveInput!) { closeDrive(input: $input) { drive { id } refusal { code } } }',
      { idempotencyKey: randomUUID(), grantId, purge: true },
      undefined,
      'access',
    );
  }
  await bench.startAnother({ objectsFolder: empty });
  await rm(empty, { recursive: true });
});
