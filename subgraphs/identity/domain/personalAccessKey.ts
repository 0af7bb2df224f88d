import { createHash } from 'node:crypto';
import { identityLimits } from './limits.js';

/** A person's key for a program of theirs: it is exchanged for short access tokens and never sent to another service. */
export interface PersonalAccessKey {
  readonly id: string;
  readonly userId: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** When a token was last got with it. */
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

const PREFIX = 'tgp_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
// 43 letters of 62 carry 256 bits.
const BODY_LETTERS = 43;
const CHECK_LETTERS = 6;
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${BODY_LETTERS + CHECK_LETTERS}}$`);

/**
 * Writes 32 random bytes as a key: a prefix that scanners of repositories and logs find, letters and digits alone so that
 * a double click takes all of it, and a checksum at the end by which a find is told from chance, without asking us.
 */
export function formatAccessKey(bytes: Uint8Array): string {
  const body = inLetters(BigInt(`0x${Buffer.from(bytes).toString('hex')}`), BODY_LETTERS);
  return `${PREFIX}${body}${checksumOf(body)}`;
}

/** Whether a text can be a key at all: its form and its checksum. */
export const isAccessKey = (text: string): boolean =>
  FORM.test(text) && checksumOf(text.slice(PREFIX.length, -CHECK_LETTERS)) === text.slice(-CHECK_LETTERS);

/** The first 32 bits of SHA-256 of prefix and body. */
const checksumOf = (body: string): string =>
  inLetters(BigInt(createHash('sha256').update(`${PREFIX}${body}`).digest().readUInt32BE(0)), CHECK_LETTERS);

function inLetters(value: bigint, letters: number): string {
  let rest = value;
  let text = '';
  for (let position = 0; position < letters; position += 1) {
    text = ALPHABET.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

/** Whether a key still gets tokens. */
export const isKeyLive = ({ revokedAt, expiresAt }: PersonalAccessKey, now: Date): boolean =>
  revokedAt === null && expiresAt > now;

/** Whether a key may end then: in the future, at most a year ahead. */
export const isKeyExpiry = (expiresAt: Date, now: Date): boolean =>
  expiresAt > now && expiresAt.getTime() - now.getTime() <= identityLimits.accessKeyLifetimeMsMax;
