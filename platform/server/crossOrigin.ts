import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ServiceStartError } from './runDirectory.js';
import type { Variables } from './settings.js';

const VARIABLE = 'TOLLGATE_CORS_ORIGINS';
/** Seconds for which a browser need not ask again. */
const PREFLIGHT_SECONDS = 600;

/** An origin as browsers write it: scheme, host and port, nothing behind. */
const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text);

/**
 * The origins whose pages may use Tollgate from a browser; none unless told.
 * @throws ServiceStartError naming the variable
 */
export function readCrossOrigins(variables: Variables): readonly string[] {
  const text = variables[VARIABLE] ?? '';
  if (text === '') return [];
  const parts = text.split(',').map((part) => part.trim());
  if (parts.every((part) => /^https?:/.test(part) && origin.safeParse(part).success)) return parts;
  throw new ServiceStartError(
    `${VARIABLE} must be origins such as https://console.example.org, separated by commas, each named in full (no *, no path); ` +
      'correct it and start again.',
  );
}

/**
 * Answers browsers (CORS, Fetch Standard 3.2): pages of these origins may send tokens in a header and read the answers. Cookies are
 * no part of it: Tollgate has none. Without origins nothing is answered, and browsers refuse.
 */
export async function allowCrossOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return;
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'PUT'],
    allowedHeaders: [
      'authorization',
      'content-type',
      'content-range',
      'if-match',
      'if-none-match',
      'if-range',
      'range',
      'x-request-id',
    ],
    exposedHeaders: ['content-disposition', 'content-range', 'etag', 'retry-after', 'x-request-id'],
    maxAge: PREFLIGHT_SECONDS,
    credentials: false,
    strictPreflight: true,
  });
}
