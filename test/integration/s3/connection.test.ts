import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PutBucketPolicyCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { freePort } from '../../../platform/database/embedded/freePort.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { NotThereYetError } from '../../../platform/server/notThereYetError.js';
import { ServiceStartError } from '../../../platform/server/runDirectory.js';
import { openBucket } from '../../../subgraphs/storage/persistence/objects/s3/openBucket.js';
import { type Radosgw, type S3Key, startRadosgw } from '../services/radosgw.js';
import { makeAuthority } from '../support/certificates.js';
import { configOf, makeBucket, type Variables, variablesOf } from './support.js';

const BUCKET = 'objects';
const MINUTE_MS = 60_000;

let ceph: Radosgw;
let client: S3Client;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-s3-'));
  ceph = await startRadosgw();
  ({ client } = await makeBucket(ceph, BUCKET));
});
afterAll(async () => {
  client?.destroy();
  await ceph?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Opens the bucket as a start does. @returns the sentence, and whether trying again may help; null where it opens */
async function refusalOf(more: Variables): Promise<{ sentence: string; again: boolean } | null> {
  try {
    const opened = await openBucket(configOf({ ...variablesOf(ceph, BUCKET), ...more }));
    opened.close();
    return null;
  } catch (error) {
    if (!(error instanceof ServiceStartError)) throw error;
    for (const secret of [ceph.key.secretAccessKey, more['STORAGE_S3_SECRET_ACCESS_KEY'] ?? '']) {
      if (secret !== '') expect(error.message).not.toContain(secret);
    }
    return { sentence: error.message, again: error instanceof NotThereYetError };
  }
}

/** Lets another key do this in the bucket, by the policy that docs/operations.md shows. */
async function allow(name: string, actions?: readonly string[]): Promise<void> {
  const text = await readFile(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const [, shown = ''] = /```json\n([\s\S]+?)```/.exec(text.slice(text.indexOf('## Objects in S3'))) ?? [];
  const policy = JSON.parse(shown.replaceAll('user/tollgate', `user/${name}`).replaceAll('tollgate-objects', BUCKET));
  if (actions !== undefined) policy.Statement[0].Action = actions;
  await client.send(new PutBucketPolicyCommand({ Bucket: BUCKET, Policy: JSON.stringify(policy) }));
}

const asKey = ({ accessKeyId, secretAccessKey }: S3Key): Variables => ({
  STORAGE_S3_ACCESS_KEY_ID: accessKeyId,
  STORAGE_S3_SECRET_ACCESS_KEY: secretAccessKey,
});

describe('a bucket that can be used', () => {
  it('over TLS, by address and by name, in whatever region, and below a prefix', async () => {
    expect(await refusalOf({})).toBeNull();
    expect(await refusalOf({ STORAGE_S3_ENDPOINT: ceph.https.replace('127.0.0.1', 'localhost') })).toBeNull();
    expect(await refusalOf({ STORAGE_S3_REGION: 'eu-central-1', STORAGE_S3_PREFIX: 'center/objects' })).toBeNull();
  });

  it('over plain HTTP on loopback', async () => {
    expect(await refusalOf({ STORAGE_S3_ENDPOINT: ceph.http })).toBeNull();
  });

  it('is told by the configuration alone, whatever the environment and ~/.aws say', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'SOMEBODYELSE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another-secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'a-token');
    vi.stubEnv('AWS_REGION', 'mars-north-1');
    vi.stubEnv('AWS_PROFILE', 'nobody');
    vi.stubEnv('AWS_ENDPOINT_URL', 'https://127.0.0.1:9');
    vi.stubEnv('AWS_ENDPOINT_URL_S3', 'https://127.0.0.1:9');
    vi.stubEnv('AWS_USE_FIPS_ENDPOINT', 'true');
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'no-such-file'));
    vi.stubEnv('AWS_MAX_ATTEMPTS', 'many');
    try {
      expect(await refusalOf({})).toBeNull();
    } finally {
      vi.unstubAllEnvs();
    }
  });
});

describe('a bucket that cannot be used is told in one sentence', () => {
  it('where nobody answers: it may be there a moment later', async () => {
    const endpoint = `https://127.0.0.1:${await freePort(null)}`;
    expect(await refusalOf({ STORAGE_S3_ENDPOINT: endpoint })).toEqual({
      sentence: `The object store at ${endpoint} cannot be reached (ECONNREFUSED); start it, or correct STORAGE_S3_ENDPOINT.`,
      again: true,
    });
  });

  it.each([
    [
      'no such bucket',
      () => ({ STORAGE_S3_BUCKET: 'nowhere' }),
      () => `The object store at ${ceph.https} has no bucket nowhere; make it, or correct STORAGE_S3_BUCKET.`,
    ],
    [
      'an access key that is not known',
      () => ({ STORAGE_S3_ACCESS_KEY_ID: 'NOBODY' }),
      () => `The object store at ${ceph.https} does not know the access key NOBODY; correct STORAGE_S3_ACCESS_KEY_ID.`,
    ],
    [
      'a wrong secret',
      () => ({ STORAGE_S3_SECRET_ACCESS_KEY: 'not-the-secret' }),
      () =>
        `The object store at ${ceph.https} does not take the secret of the access key ${ceph.key.accessKeyId}; correct STORAGE_S3_SECRET_ACCESS_KEY.`,
    ],
    [
      'a certificate that is over',
      () => ({ STORAGE_S3_ENDPOINT: ceph.expired }),
      () =>
        `The certificate of the object store at ${ceph.expired} has expired by this machine's clock; renew it there, or set the clock (STORAGE_S3_ENDPOINT).`,
    ],
    [
      'a certificate of another host',
      () => ({ STORAGE_S3_ENDPOINT: ceph.otherName }),
      () =>
        `The certificate of the object store at ${ceph.otherName} does not name 127.0.0.1; correct STORAGE_S3_ENDPOINT, or make a certificate with that name.`,
    ],
    [
      'a port without TLS',
      () => ({ STORAGE_S3_ENDPOINT: ceph.http.replace('http:', 'https:') }),
      () =>
        `What answers at ${ceph.http.replace('http:', 'https:')} does not speak TLS; switch it on there, or correct STORAGE_S3_ENDPOINT.`,
    ],
  ] as const)('%s', async (_what, more, sentence) => {
    expect(await refusalOf(more())).toEqual({ sentence: sentence(), again: false });
  });

  it('a certificate of an authority that is not trusted: none is named, or another', async () => {
    const { certificateFile } = await makeAuthority(join(folder, 'other'));
    const sentence = `The certificate of the object store at ${ceph.https} is not signed by an authority that is trusted; name the authority's file by STORAGE_S3_CA_FILE.`;
    expect(await refusalOf({ STORAGE_S3_CA_FILE: certificateFile })).toEqual({ sentence, again: false });
    const { STORAGE_S3_CA_FILE: _file, ...without } = variablesOf(ceph, BUCKET);
    await expect(openBucket(configOf(without))).rejects.toThrow(sentence);
  });

  it('a right that is missing; with the four that docs/operations.md names it opens', async () => {
    const other = await ceph.addUser('other');
    const rights = [
      ['ListBucket', 'list it (s3:ListBucket)'],
      ['PutObject', 'write to it (s3:PutObject)'],
      ['DeleteObject', 'delete from it (s3:DeleteObject)'],
    ] as const;
    const given: string[] = [];
    for (const [right, words] of rights) {
      expect(await refusalOf(asKey(other))).toEqual({
        sentence: `The access key ${other.accessKeyId} (STORAGE_S3_ACCESS_KEY_ID) may use the bucket ${BUCKET} at ${ceph.https}, but not ${words}; give it that right, or name another key.`,
        again: false,
      });
      // Ceph lets whoever wrote an object read it, so that this right is not missed there.
      given.push(`s3:${right}`, 's3:GetObject');
      await allow('other', given);
    }
    expect(await refusalOf(asKey(other))).toBeNull();
    await allow('other');
    expect(await refusalOf(asKey(other))).toBeNull();
  });

  it.each([
    [-20, 'behind'],
    [20, 'ahead of'],
  ])('clocks that differ by %d minutes', async (minutes, side) => {
    vi.useFakeTimers({ now: Date.now() + minutes * MINUTE_MS, toFake: ['Date'] });
    try {
      expect(await refusalOf({})).toEqual({
        sentence: `The clock of this machine is 20 minutes ${side} that of the object store at ${ceph.https} (STORAGE_S3_ENDPOINT); set the one that is wrong.`,
        again: false,
      });
    } finally {
      vi.useRealTimers();
    }
  });
});
