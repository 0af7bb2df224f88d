import { z } from 'zod';
import { isLoopback } from './loopback.js';

/**
 * An address that may be called, and shown: https://, or http:// on loopback, since elsewhere others can read and change what goes
 * there; without a user and a password, since addresses stand in logs, tokens, `info` and `configuration show`.
 */
export const httpAddress = z
  .url({ protocol: /^https?$/, abort: true })
  .refine(
    (text) => !hasUserInfo(text),
    'addresses are shown, so that a user or a password in one is no secret; leave out what stands before the @',
  )
  .refine(
    (text) => text.startsWith('https:') || isLoopback(text),
    'plain HTTP is for loopback alone, since others can read and change it on its way; use https://',
  );

function hasUserInfo(text: string): boolean {
  const { username, password } = new URL(text);
  return username !== '' || password !== '';
}
