import { createHash, randomBytes } from 'node:crypto';
import { query, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';

/** A file on a drive. */
export interface UploadedFile {
  readonly fileId: string;
  readonly driveId: string;
  readonly path: string;
  /** In hexadecimal. */
  readonly sha256: string;
}

interface Upload {
  readonly id: string;
  readonly parts: readonly {
    readonly number: number;
    readonly size: string;
    readonly url: string;
    readonly headers: readonly { readonly name: string; readonly value: string }[];
  }[];
}

const MEBIBYTE = 1_048_576;
const FILE_BYTES = 12 * MEBIBYTE;
const PATH = 'data/sample.bin';
const RANGE_BYTES = 1_000;

/** A file of 12 MiB goes up in parts over signed URLs and comes back, whole and in a range, with the same SHA-256. */
export async function fileUploaded(stage: Stage, driveId: string, token: string): Promise<UploadedFile> {
  const bytes = randomBytes(FILE_BYTES);
  const sha256 = digest(bytes);
  const { upload } = await succeed<{ upload: Upload }>(
    stage,
    'beginUpload',
    { idempotencyKey: `${stage.run}-begin`, driveId, path: PATH, size: String(bytes.length), sha256 },
    'upload { id parts { number size url headers { name value } } }',
    token,
  );
  await sendParts(stage, upload, bytes);
  const { file } = await succeed<{ file: { id: string; sha256: string; size: string } }>(
    stage,
    'completeUpload',
    { idempotencyKey: `${stage.run}-complete`, uploadId: upload.id },
    'file { id sha256 size }',
    token,
  );
  expected(file.sha256 === sha256 && file.size === String(bytes.length), 'The graph tells another file than was sent.');
  await readBack(stage, file.id, bytes, token);
  await usageIs(stage, driveId, bytes.length, token);
  stage.narrate(
    `A file of 12 MiB went up in ${upload.parts.length} parts and came back, whole and in a range: SHA-256 ${sha256.slice(0, 16)}... both ways.`,
  );
  return { fileId: file.id, driveId, path: PATH, sha256 };
}

async function sendParts(stage: Stage, upload: Upload, bytes: Buffer): Promise<void> {
  let sent = 0;
  for (const part of [...upload.parts].sort((one, other) => one.number - other.number)) {
    const size = Number(part.size);
    const headers = Object.fromEntries(part.headers.map(({ name, value }) => [name, value]));
    const status = await stage.client.put(part.url, headers, bytes.subarray(sent, sent + size));
    expected(status >= 200 && status < 300, `Part ${part.number} was answered with HTTP ${status}.`);
    sent += size;
  }
  expected(sent === bytes.length, `The parts hold ${sent} bytes of ${bytes.length}.`);
}

async function readBack(stage: Stage, fileId: string, bytes: Buffer, token: string): Promise<void> {
  const { url } = await succeed<{ url: string }>(stage, 'createDownload', { fileId }, 'url expiresAt', token);
  const whole = await stage.client.get(url);
  expected(whole.status === 200, `The download was answered with HTTP ${whole.status}.`);
  expected(digest(whole.bytes) === digest(bytes), 'The file came back with another SHA-256.');
  const from = 8 * MEBIBYTE - RANGE_BYTES / 2;
  const part = await stage.client.get(url, `bytes=${from}-${from + RANGE_BYTES - 1}`);
  expected(part.status === 206, `The range was answered with HTTP ${part.status}.`);
  expected(digest(part.bytes) === digest(bytes.subarray(from, from + RANGE_BYTES)), 'The range has other bytes.');
}

async function usageIs(stage: Stage, driveId: string, size: number, token: string): Promise<void> {
  const { drive } = await query<{ drive: { usage: { live: string; total: string } } }>(
    stage,
    'query Usage($id: ID!) { drive(id: $id) { usage { live total } } }',
    { id: driveId },
    token,
  );
  expected(
    drive.usage.live === String(size) && drive.usage.total === String(size),
    `The drive says it holds ${drive.usage.total} bytes.`,
  );
}

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
