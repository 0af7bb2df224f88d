// Names come from this service alone; that none of them can leave the store is made sure all the same.
const KEY = /^(upl_[0-9a-z]{26})\/([0-9a-z-]{1,64}(?:\.part)?)$/;
const UPLOAD = /^upl_[0-9a-z]{26}$/;

/** What an object's key says. @throws where it is no key */
export function parseObjectKey(key: string): { readonly uploadId: string; readonly name: string } {
  const [, uploadId, name] = KEY.exec(key) ?? [];
  if (uploadId === undefined || name === undefined) throw new Error('That is not the name of an object.');
  return { uploadId, name };
}

/**
 * Where the objects of an upload are below the root of a store, `<shard>/<upload>`. The end of an id is random, its beginning is the time:
 * the end spreads uploads over 1,024 folders. @throws where it is no upload's id
 */
export function uploadFolder(uploadId: string): string {
  if (!UPLOAD.test(uploadId)) throw new Error('That is not the name of an upload.');
  return `${uploadId.slice(-2)}/${uploadId}`;
}
