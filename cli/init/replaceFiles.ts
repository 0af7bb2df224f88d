import { randomBytes } from 'node:crypto';
import { copyFile, link, rename, rm, writeFile } from 'node:fs/promises';
import { ServiceStartError } from '../../platform/server/runDirectory.js';

/**
 * Replaces private files (0600), all or none: each is written beside its place, and only when the disk has taken every one of them
 * they get their names. Where one does not, those that did get what they had before.
 * @throws what the file system refuses, with all as it was; ServiceStartError naming the files that could not be put back
 */
export async function replaceFiles(contents: ReadonlyMap<string, string>): Promise<void> {
  const suffix = `.${randomBytes(6).toString('hex')}`;
  const files = [...contents.keys()].map(
    (path): Replacing => ({ path, draft: path + suffix, before: `${path}.before${suffix}` }),
  );
  const replaced: Replacing[] = [];
  const unmended = new Set<Replacing>();
  try {
    for (const { path, draft } of files) await writeFile(draft, contents.get(path) ?? '', { mode: 0o600, flush: true });
    for (const file of files) await keep(file);
    for (const file of files) {
      await rename(file.draft, file.path);
      replaced.push(file);
    }
  } catch (error) {
    for (const file of replaced) await putBack(file).catch(() => unmended.add(file));
    throw unmended.size === 0 ? error : halfReplaced([...unmended], error);
  } finally {
    for (const file of files) {
      await rm(file.draft, { force: true });
      if (!unmended.has(file)) await rm(file.before, { force: true });
    }
  }
}

/** A file that is replaced, what takes its place, and what it was. */
interface Replacing {
  readonly path: string;
  readonly draft: string;
  readonly before: string;
}

/** The same file under a second name, where the file system has that; there may be none. */
async function keep({ path, before }: Replacing): Promise<void> {
  await link(path, before)
    .catch(() => copyFile(path, before))
    .catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
}

async function putBack({ path, before }: Replacing): Promise<void> {
  await rename(before, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    await rm(path);
  });
}

function halfReplaced(files: readonly Replacing[], cause: unknown): ServiceStartError {
  const names = files.map(({ path, before }) => `${path} (before: ${before})`).join(', ');
  return new ServiceStartError(
    `It failed half-way (${cause instanceof Error ? cause.message : String(cause)}), and these are new while all others are as before: ${names}; ` +
      'clear the cause and do it again, or move each back.',
    { cause },
  );
}
