import { type Connection, toConnection } from '../../../platform/kernel/connection.js';
import { type PageArguments, parsePage } from '../../../platform/kernel/cursor.js';
import { badUserInput } from '../../../platform/kernel/faults.js';
import type { StoredFile } from '../domain/file.js';
import type { FileRecords, NumberedVersion } from './ports.js';

const NUMBER = /^\d{1,9}$/;

/** A file's versions, newest first. The file itself was shown to the viewer already. @throws Fault BAD_USER_INPUT */
export async function listVersions(
  files: FileRecords,
  file: StoredFile,
  asked: PageArguments,
): Promise<Connection<NumberedVersion>> {
  const page = parsePage(asked, 1);
  if (page.after !== null && !NUMBER.test(page.after[0] ?? ''))
    throw badUserInput('after is not a cursor of this list.');
  return toConnection(await files.pageOfVersions(file.id, page), page, (version) => [String(version.number)]);
}
