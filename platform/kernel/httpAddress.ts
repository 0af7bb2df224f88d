import { z } from 'zod';
import { isLoopback } from './loopback.js';

/** An address that may be called: https://, or http:// on loopback, since elsewhere others can read and change what goes there. */
export const httpAddress = z
  .url({ protocol: /^https?$/, abort: true })
  .refine(
    (text) => text.startsWith('https:') || isLoopback(text),
    'plain HTTP is for loopback alone, since others can read and change it on its way; use https://',
  );
