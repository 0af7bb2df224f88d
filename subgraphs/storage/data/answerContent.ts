import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FastifyReply } from 'fastify';
import type { Logger } from '../../../platform/server/log.js';
import { attachmentOf } from '../domain/contentDisposition.js';
import { entityTagOf } from '../domain/precondition.js';
import type { Content } from '../usecases/openContent.js';

/** Chunks that wait for a slow client; each has a frame's bytes at most. */
const QUEUE_MAX = 4;
/**
 * After what time without a byte that the system takes for it a client is cut off. It takes a third of its own buffer at
 * once, which is nearly a megabyte: for a slow but steady reader that may last.
 */
const SILENCE_TIMEOUT_MS = 120_000;
const STATUS = { WHOLE: 200, PART: 206, UNCHANGED: 304, FAILED: 412 } as const;

/**
 * Answers with a version's bytes. The first frame is read before the head goes out, so that damage there is an answer
 * with a status; damage farther on ends the connection before the announced length, and so does a client that reads nothing
 * for `silenceMs` milliseconds.
 */
export async function answerContent(
  reply: FastifyReply,
  method: string,
  content: Content,
  log: Logger,
  silenceMs = SILENCE_TIMEOUT_MS,
): Promise<FastifyReply> {
  const headers = headersOf(content);
  const bodiless = method === 'HEAD' || content.range.start === content.range.end;
  const chunks = bodiless ? null : content.bytes()[Symbol.asyncIterator]();
  const first = await chunks?.next();
  reply.hijack();
  reply.raw.writeHead(STATUS[content.outcome], headers);
  if (chunks === null || first === undefined || first.done === true) {
    reply.raw.end();
    return reply;
  }
  reply.raw.setTimeout(silenceMs, () => reply.raw.destroy());
  const body = Readable.from(startingWith(first.value, chunks), { objectMode: true, highWaterMark: QUEUE_MAX });
  try {
    await pipeline(body, reply.raw);
  } catch (error) {
    // A client that goes away in the middle is nothing to log.
    if (!isPrematureClose(error)) log.error({ err: error }, 'a download broke off');
    reply.raw.destroy();
  }
  return reply;
}

function headersOf({ outcome, version, path, range }: Content): Record<string, string> {
  const common = { etag: entityTagOf(version.sha256), 'cache-control': 'private, no-cache' };
  if (outcome === 'UNCHANGED') return common;
  if (outcome === 'FAILED') return { ...common, 'content-length': '0' };
  return {
    ...common,
    'content-length': String(range.end - range.start),
    ...(outcome === 'PART' ? { 'content-range': `bytes ${range.start}-${range.end - 1}/${version.sizeBytes}` } : {}),
    'accept-ranges': 'bytes',
    'content-type': version.contentType,
    'content-disposition': attachmentOf(path),
    'last-modified': version.createdAt.toUTCString(),
    // What people store must not run as a page of this origin, even where a browser opens it.
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
}

async function* startingWith(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  try {
    for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

const isPrematureClose = (error: unknown): boolean =>
  ['ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '');
