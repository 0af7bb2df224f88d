import type { Upload } from '../domain/upload.js';
import type { Records } from './ports.js';

/** The upload that was remembered under a key; its row is never deleted. */
export async function loadUpload(saved: unknown, { uploads }: Records): Promise<Upload> {
  const upload = await uploads.byId(String(saved));
  if (upload === null) throw new Error(`Upload ${String(saved)} is remembered and not there.`);
  return upload;
}
