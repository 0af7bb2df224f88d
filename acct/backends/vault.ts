import { z } from 'zod';
import { AcctError } from '../acctError.js';
import { readJsonMap } from '../document/json/read.js';
import { toPlain } from '../document/plain.js';
import { type AcctMap, type AcctValue, isMap } from '../document/value.js';
import { readBounded } from '../files/readFileBounded.js';
import type { Backend } from './backend.js';

const profile = z.strictObject({
  address: z.url({ protocol: /^https?$/ }),
  token: z
    .string()
    .min(1)
    .regex(/^[\x21-\x7e]+$/),
  path: z
    .string()
    .min(1)
    .regex(/^[^?#]+$/),
  version: z.union([z.literal(['v1', 'v2', '1', '2']), z.literal([1, 2])]).default('v2'),
  mount: z
    .string()
    .min(1)
    .regex(/^[^?#]+$/)
    .default('secret'),
  namespace: z.string().min(1).optional(),
});
type VaultProfile = z.infer<typeof profile>;

/** HashiCorp Vault's key-value store, versions 1 and 2, over HTTP. The secret is `{provider: {profile: {...}}}`. */
export const vault: Backend = {
  name: 'vault',
  async unlock(given, signal) {
    const parsed = profile.safeParse(toPlain(given));
    if (!parsed.success) {
      // Named by key alone: the value may be the token.
      const [issue] = parsed.error.issues;
      throw failed(`its profile is wrong: ${issue?.path.join('.') || issue?.code || 'unknown key'}`);
    }
    const isVersion2 = ['v2', '2', 2].includes(parsed.data.version);
    const answer = await get(addressOf(parsed.data, isVersion2), parsed.data, signal);
    const outer = answer.get('data');
    const secret = isVersion2 && isMap(outer) ? outer.get('data') : outer;
    return providers(secret);
  },
};

/** v1: `/v1/<mount>/<path>`; v2: `/v1/<mount>/data/<path>`. */
function addressOf({ address, mount, path }: VaultProfile, isVersion2: boolean): URL {
  const parts = [mount, ...(isVersion2 ? ['data'] : []), path]
    .flatMap((part) => part.split('/'))
    .filter((part) => part !== '');
  if (parts.some((part) => part === '.' || part === '..')) throw failed('its path leaves its mount');
  return new URL(`${address.replace(/\/+$/, '')}/v1/${parts.map(encodeURIComponent).join('/')}`);
}

async function get(url: URL, { token, namespace }: VaultProfile, signal: AbortSignal): Promise<AcctMap> {
  const headers = {
    'X-Vault-Token': token,
    'X-Vault-Request': 'true',
    ...(namespace === undefined ? {} : { 'X-Vault-Namespace': namespace }),
  };
  let response: Response;
  let body: string;
  try {
    // A redirect would carry the token to another place.
    response = await fetch(url, { headers, signal, redirect: 'error' });
    body = Buffer.from(response.body === null ? [] : await readBounded(response.body, 'The answer')).toString('utf8');
  } catch {
    throw failed(signal.aborted ? 'it did not answer in time' : 'it cannot be reached');
  }
  if (response.status !== 200) throw failed(`it answered with HTTP status ${response.status}`);
  return readJsonMap(body, 'The answer of Vault');
}

function providers(secret: AcctValue | undefined): AcctMap {
  if (isMap(secret)) return secret;
  throw failed('its answer holds no secret');
}

const failed = (why: string): AcctError => new AcctError('BACKEND_FAILED', `vault: ${why}.`);
