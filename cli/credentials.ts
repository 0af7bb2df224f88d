import { isReference } from '../acct/profiles/reference.js';
import { ServiceStartError } from '../platform/server/runDirectory.js';
import type { Variables } from '../platform/server/settings.js';

/** Tollgate's own variables; another program's may look like a reference and mean something else. */
const OWN = /^(TOLLGATE|IDENTITY|ACCESS|ACCOUNTING|STORAGE|COMPUTE|GATEWAY)_/;

/**
 * Puts credentials in the place of references: a variable of Tollgate's that says `acct:provider.profile#key` gets that
 * value of the encrypted file of credentials that ACCT_FILE, with ACCT_KEY or ACCT_KEY_FILE, names. What was resolved is
 * in nothing but the answer.
 * @returns the variables themselves where none is a reference: then no file and no key is needed
 * @throws ServiceStartError that names the variable and the cause; no message quotes a value
 */
export async function resolveCredentials(variables: Variables): Promise<Variables> {
  const named = Object.entries(variables).filter(([name, text]) => OWN.test(name) && isReference(text ?? ''));
  if (named.length === 0) return variables;
  // Loaded where it is needed: most starts need none of it.
  const { acctOptionsOf, resolveReference, withUnlocked } = await import('../acct/index.js');
  let asked = named[0]?.[0] ?? '';
  try {
    return await withUnlocked(await acctOptionsOf(variables), async ({ profiles }) => {
      const resolved = { ...variables };
      for (const [name, reference] of named) {
        asked = name;
        resolved[name] = resolveReference(reference ?? '', profiles);
      }
      return resolved;
    });
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new ServiceStartError(`${asked} names a credential that cannot be had: ${cause}`);
  }
}
