import { DamagedBackup } from './backupError.js';

const LINE = /^([0-9a-f]{64}) {2}(.+)$/;

/** Digests by path, as `sha256sum --check` reads them. */
export function sumsText(digests: ReadonlyMap<string, string>): string {
  return [...digests].map(([path, digest]) => `${digest}  ${path}\n`).join('');
}

/** @throws DamagedBackup where a line is not one, or a path leads out of the backup */
export function readSums(text: string): ReadonlyMap<string, string> {
  const digests = new Map<string, string>();
  const lines = text.split('\n');
  if (lines.pop() !== '') throw new DamagedBackup('SHA256SUMS is cut off; take another copy of the backup.');
  for (const line of lines) {
    const [, digest = '', path = ''] = LINE.exec(line) ?? [];
    const isPlain =
      path !== '' && !path.startsWith('/') && !path.split('/').some((name) => name === '..' || name === '');
    if (!isPlain || digests.has(path)) {
      throw new DamagedBackup('SHA256SUMS has a line that is none; take another copy of the backup.');
    }
    digests.set(path, digest);
  }
  return digests;
}
