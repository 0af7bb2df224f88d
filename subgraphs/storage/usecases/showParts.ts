import type { Viewer } from '../../../platform/auth/viewer.js';
import { requirePerson } from '../../../platform/auth/viewer.js';
import { partBytesOf, partCount } from '../domain/parts.js';
import type { Upload } from '../domain/upload.js';
import type { Dependencies } from './dependencies.js';

/** One part as the uploader sees it. */
export interface ShownPart {
  readonly number: number;
  readonly bytes: number;
  readonly url: string;
  readonly received: boolean;
}

/** The parts of an upload with URLs that are signed for the viewer's session. The upload is the viewer's own. */
export async function showParts(
  { database, urls }: Dependencies,
  viewer: Viewer,
  upload: Upload,
): Promise<readonly ShownPart[]> {
  const { userId, sessionId } = requirePerson(viewer);
  const received = new Set((await database.uploads.partsOf(upload.id)).map(({ number }) => number));
  return Array.from({ length: partCount(upload) }, (_, index) => {
    const number = index + 1;
    const bytes = partBytesOf(upload, number) ?? 0;
    const target = { kind: 'part', uploadId: upload.id, number, bytes, bearer: { userId, sessionId } } as const;
    return { number, bytes, url: urls.sign(target, upload.expiresAt), received: received.has(number) };
  });
}
