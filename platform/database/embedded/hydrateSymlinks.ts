import { lstat, readFile, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';

/**
 * npm packages hold no symbolic links: PostgreSQL's shared libraries get theirs from a list in the package, which its
 * install script would read. Install scripts are off in this project, so this does the same, as often as wanted.
 * @param folder the package's `native/`
 * @returns false when links are missing and cannot be made, as in a read-only node_modules
 */
export async function hydrateSymlinks(folder: string): Promise<boolean> {
  const text = await readFile(join(folder, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(text) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    // `target` is the link's path from the package's root, `source` that of the file beside it.
    const path = join(folder, '..', target);
    if (!(await exists(path)) && !(await link(basename(source), path))) return false;
  }
  return true;
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

async function link(to: string, path: string): Promise<boolean> {
  try {
    await symlink(to, path);
    return true;
  } catch (error) {
    // Two processes may do this at once: the other's link is as good.
    return (error as NodeJS.ErrnoException).code === 'EEXIST';
  }
}
