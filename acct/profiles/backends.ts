import { AcctError } from '../acctError.js';
import type { Backend } from '../backends/backend.js';
import { deepMerge } from '../document/merge.js';
import { type AcctMap, type AcctValue, isMap } from '../document/value.js';
import { BACKEND_NESTING_MAX, BACKEND_TIMEOUT_MS, BACKENDS_MAX } from '../limits.js';
import { readReserved } from './reserved.js';

/** What unlocking backends needs. */
interface BackendOptions {
  /** Finds a backend by its name. Throws AcctError when there is none. */
  readonly find: (name: string) => Promise<Backend>;
  /** The backend profiles that may be unlocked; null: all. */
  readonly allowed: readonly string[] | null;
  readonly timeoutMs?: number;
}

interface Call {
  readonly backend: string;
  readonly name: string;
  readonly profile: AcctMap;
}

/**
 * Unlocks the backends that a document names, all at once, and lays what they give over the document in the order of the
 * file. A backend may give further backends, to a bounded depth. Those not on the allow list are left alone.
 * @throws AcctError BACKEND_FAILED, LIMIT_EXCEEDED, DOCUMENT_INVALID
 */
export async function unlockBackends(document: AcctMap, options: BackendOptions): Promise<AcctMap> {
  const { backendKey } = readReserved(document);
  let merged = document;
  let named = document.get(backendKey);
  for (let depth = 1; named !== undefined && named !== null; depth += 1) {
    const calls = callsOf(named, backendKey, options.allowed);
    if (calls.length > 0 && depth > BACKEND_NESTING_MAX) {
      throw new AcctError('LIMIT_EXCEEDED', `Backends name further backends more than ${BACKEND_NESTING_MAX} times.`);
    }
    const given = (await all(calls, options)).reduce(deepMerge, new Map());
    merged = deepMerge(merged, given);
    named = given.get(backendKey);
  }
  return merged;
}

function callsOf(named: AcctValue, backendKey: string, allowed: readonly string[] | null): readonly Call[] {
  if (!isMap(named)) throw new AcctError('DOCUMENT_INVALID', `${backendKey} must be a mapping of backends.`);
  const calls = [...named].flatMap(([backend, profiles]) => {
    if (!isMap(profiles))
      throw new AcctError('DOCUMENT_INVALID', `${backendKey}.${String(backend)} must be a mapping of profiles.`);
    return [...profiles].map(([name, profile]): Call => {
      if (isMap(profile)) return { backend: String(backend), name: String(name), profile };
      throw new AcctError('DOCUMENT_INVALID', `${backendKey}.${String(backend)}.${String(name)} must be a mapping.`);
    });
  });
  const permitted = calls.filter(({ name }) => allowed === null || allowed.includes(name));
  if (permitted.length <= BACKENDS_MAX) return permitted;
  throw new AcctError('LIMIT_EXCEEDED', `More than ${BACKENDS_MAX} backend profiles are named.`);
}

/** Waits for all of them, also when one fails: none is left running behind the answer. */
async function all(calls: readonly Call[], options: BackendOptions): Promise<readonly AcctMap[]> {
  const settled = await Promise.allSettled(calls.map((call) => unlockOne(call, options)));
  return settled.map((result) => {
    if (result.status === 'fulfilled') return result.value;
    throw result.reason;
  });
}

async function unlockOne({ backend, name, profile }: Call, { find, timeoutMs }: BackendOptions): Promise<AcctMap> {
  const abort = new AbortController();
  const tooLate = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () =>
      reject(new AcctError('BACKEND_FAILED', `${backend}: it did not answer in time.`)),
    );
  });
  const timer = setTimeout(() => abort.abort(), timeoutMs ?? BACKEND_TIMEOUT_MS);
  try {
    const found = await find(backend);
    const given = await Promise.race([found.unlock(profile, abort.signal), tooLate]);
    if (isMap(given)) return given;
    throw new AcctError('BACKEND_FAILED', `${backend}: it gave no mapping of providers.`);
  } catch (error) {
    if (error instanceof AcctError) throw new AcctError(error.code, `Backend profile ${name}: ${error.message}`);
    throw new AcctError('BACKEND_FAILED', `Backend profile ${name}: ${backend}: it failed.`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}
