import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  fieldsOf,
  methodOf,
  pathOf,
  type SignedFields,
  type SignedTarget,
  textToSign,
} from '../../domain/signedUrl.js';
import type { UrlSigner } from '../../usecases/ports.js';
import type { Keyring } from './keyring.js';

/** Signs URLs with HMAC-SHA256. @param origin the service's own address, asked when a URL is made */
export function urlSigner(keys: Keyring, origin: () => string): UrlSigner {
  return {
    sign(target, expiresAt) {
      const fields = fieldsOf(target, expiresAt, keys.current.number);
      const path = pathOf(target);
      const signature = signatureOf(keys.current.key, methodOf(target), path, fields).toString('base64url');
      return `${origin()}${path}?${new URLSearchParams({ ...fields, signature })}`;
    },
    verify(method, url, now) {
      const [path = '', query = ''] = url.split('?', 2);
      const parsed = parseQuery(query);
      if (parsed === null) return 'invalid';
      const { signature, ...fields } = parsed;
      const key = /^\d{1,9}$/.test(fields.key) ? keys.byNumber(Number(fields.key)) : null;
      if (key === null) return 'invalid';
      // HEAD asks for less than the GET that the URL allows.
      const expected = signatureOf(key, method === 'HEAD' ? 'GET' : method, path, fields);
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'invalid';
      // What is signed was made here, so that it has the form that pathOf and fieldsOf gave it.
      return Number(fields.expires) * 1_000 <= now.getTime() ? 'expired' : targetOf(path, fields);
    },
  };
}

const signatureOf = (key: Buffer, method: string, path: string, fields: SignedFields): Buffer =>
  createHmac('sha256', key)
    .update(textToSign(method, path, fields))
    .digest();

const NAMES = new Set(['expires', 'user', 'session', 'length', 'key', 'signature']);

/** Each field at most once and no others, so that nothing stands in a URL that is not under its signature. */
function parseQuery(query: string): (SignedFields & { readonly signature: string }) | null {
  const fields = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!NAMES.has(name) || fields.has(name)) return null;
    fields.set(name, value);
  }
  const { expires, key, signature, ...others } = Object.fromEntries(fields);
  if (expires === undefined || key === undefined || signature === undefined) return null;
  return { ...others, expires, key, signature };
}

const PART = /^\/data\/uploads\/(upl_[0-9a-z]{26})\/parts\/([1-9]\d{0,4})$/;
const VERSION = /^\/data\/versions\/(ver_[0-9a-z]{26})$/;
const JOB_INPUT = /^\/data\/jobs\/(job_[0-9a-z]{26})\/inputs\/(ver_[0-9a-z]{26})$/;

function targetOf(path: string, { user = '', session = '', length = '' }: SignedFields): SignedTarget | 'invalid' {
  const bearer = { userId: user, sessionId: session };
  const [, uploadId, number] = PART.exec(path) ?? [];
  if (uploadId !== undefined) {
    return { kind: 'part', uploadId, number: Number(number), bytes: Number(length), bearer };
  }
  const [, versionId] = VERSION.exec(path) ?? [];
  if (versionId !== undefined) return { kind: 'version', versionId, bearer };
  const [, jobId, jobVersionId] = JOB_INPUT.exec(path) ?? [];
  if (jobId !== undefined && jobVersionId !== undefined) return { kind: 'jobInput', jobId, versionId: jobVersionId };
  return 'invalid';
}
