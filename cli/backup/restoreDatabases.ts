import { createReadStream } from 'node:fs';
import { chmod, chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { dataFolder } from '../../platform/database/embedded/cluster.js';
import { serverUser } from '../../platform/database/embedded/serverUser.js';
import { untar } from '../../platform/database/embedded/untar.js';
import { type EmbeddedDatabase, startEmbeddedDatabase } from '../../platform/database/startEmbeddedDatabase.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { prepareDatabase } from '../../platform/server/prepareDatabase.js';
import { DamagedBackup } from './backupError.js';
import { measure } from './copyFile.js';
import { backupLayout } from './manifest.js';
import type { Progress } from './progress.js';
import { quietLog } from './quietLog.js';
import type { SoundBackup } from './verifyBackup.js';

/**
 * Unpacks the databases into a home, has the server go to their point, brings each to this program's version and ends every
 * log-in. The server is stopped again.
 * @returns how many sessions were ended
 * @throws DatabaseStartError, MigrationError (a newer program's databases), DamagedBackup
 */
export async function restoreDatabases(
  { folder, digests }: SoundBackup,
  home: string,
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<number> {
  progress.begin('Databases', null);
  const user = await serverUser();
  const data = dataFolder(home);
  await mkdir(data, { mode: 0o700 });
  const measured = measure((bytes) => progress.add(bytes));
  const archive = createReadStream(join(folder, backupLayout.database));
  await pipeline(archive, measured.stream, createGunzip(), (source) => untar(source, data, user), { signal });
  if (measured.result().sha256 !== digests.get(backupLayout.database)) {
    throw new DamagedBackup(`${backupLayout.database} of the backup was changed while it was restored; try again.`);
  }
  if (user !== undefined) await chown(data, user.uid, user.gid);
  await chmod(data, 0o700);
  progress.begin('Bringing the databases up', null);
  const server = await startEmbeddedDatabase({ home, services: subgraphNames, log: quietLog });
  try {
    return await bringUpToDate(server, home);
  } finally {
    await server.stop();
  }
}

async function bringUpToDate(server: EmbeddedDatabase, home: string): Promise<number> {
  for (const service of subgraphNames) await prepareDatabase(service, server.urls(service));
  // Loaded where it is needed: it brings the whole of identity's data along.
  const { afterRestore } = await import('../../subgraphs/identity/afterRestore.js');
  return afterRestore(home, server.urls('identity').appUrl);
}
