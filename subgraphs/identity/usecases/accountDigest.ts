import type { Secrets } from './ports.js';

/** The digest under which failures of a name are counted, so that no name, and no password typed as one, is kept. */
export const accountDigest = (secrets: Secrets, username: string): string =>
  Buffer.from(secrets.digest(username)).toString('base64url');
