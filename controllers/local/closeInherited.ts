import { closeSync, readdirSync, readFileSync } from 'node:fs';

const FIRST_AFTER_STANDARD = 3;
const CLOSE_ON_EXEC = 0o2000000;

/**
 * Closes what this process was given open by the one that started it, beyond the three standard descriptors: jobs would
 * inherit it. Node marks everything it opens itself as not to be inherited, which tells the two apart.
 */
export function closeInheritedDescriptors(): void {
  for (const name of listDescriptors()) {
    const descriptor = Number(name);
    if (descriptor < FIRST_AFTER_STANDARD || isOwn(name)) continue;
    closeSync(descriptor);
  }
}

function listDescriptors(): readonly string[] {
  try {
    return readdirSync('/proc/self/fd');
  } catch {
    // Without /proc there is no isolation either.
    return [];
  }
}

/** Also for one that is gone again: the one that listed the folder. */
function isOwn(descriptor: string): boolean {
  try {
    const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0;
  } catch {
    return true;
  }
}
