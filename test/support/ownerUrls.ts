import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import type { OwnerUrls } from '../invariants/assertInvariants.js';

/** The owners' addresses of a home's databases, for looking from outside. */
export async function ownerUrlsOf(home: string): Promise<OwnerUrls> {
  const { urls } = await connectEmbeddedDatabase(home);
  return {
    access: urls('access').ownerUrl,
    accounting: urls('accounting').ownerUrl,
    storage: urls('storage').ownerUrl,
    compute: urls('compute').ownerUrl,
  };
}
