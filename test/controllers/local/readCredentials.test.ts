import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readCredentials } from '../../../controllers/local/gateway/readCredentials.js';

const credentials = { clientId: 'svc_1', clientSecret: 'hunter2', clusterId: 'clu_1' };

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-credentials-'));
  file = join(folder, 'local.json');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('gives what stands in the file', async () => {
  await writeFile(file, JSON.stringify(credentials));
  expect(await readCredentials(file)).toEqual(credentials);
});

it.each([
  ['cut off', JSON.stringify(credentials).slice(0, -1)],
  ['hardly anything', '"hunter2'],
  ['without a part', JSON.stringify({ ...credentials, clusterId: undefined })],
])('says of a file that is %s what to do, and nothing that stands in it', async (_how, text) => {
  await writeFile(file, text);
  const message = await readCredentials(file).then(String, (error: Error) => error.message);
  expect(message).toBe(
    `${file} holds no credentials of a controller (clientId, clientSecret, clusterId); copy it again from identity's data folder.`,
  );
});

it('says where there is none, and which setting names it', async () => {
  await expect(readCredentials(file)).rejects.toThrow(
    `The credentials in ${file} cannot be read (ENOENT); copy it from identity's data folder, or name it with controller.credentialsFile.`,
  );
});
