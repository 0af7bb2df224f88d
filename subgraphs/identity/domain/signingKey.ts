import type { SignatureAlgorithm } from '../../../platform/kernel/signatureAlgorithms.js';
import { identityLimits } from './limits.js';

/** What a key verifies: everything, the mandates that it signed, or nothing any more. */
export type SigningKeyState = 'PUBLISHED' | 'MANDATES' | 'RETIRED';

/** A key pair that signs access tokens and mandates, without its halves. */
export interface SigningKey {
  readonly kid: string;
  /** What it signs with, and all that it verifies. */
  readonly algorithm: SignatureAlgorithm;
  readonly state: SigningKeyState;
  /** The longest life of a token that it may have signed: what is configured can have been more before. */
  readonly tokenLifetimeMs: number;
  readonly createdAt: Date;
  /** From when on it signs, until the next one does. It is published before, so that everybody knows it by then. */
  readonly signsFrom: Date;
  /** When the last mandate that it may have signed ends; null while it signs, and without such mandates. */
  readonly mandatesUntil: Date | null;
  /** Since when it verifies nothing any more; null while it verifies something. */
  readonly retiredAt: Date | null;
}

/** A step in the life of the keys, and when it is due. */
export type KeyStep =
  | { readonly kind: 'PUBLISH_NEXT'; readonly at: Date }
  /** Its access tokens are all dead: it verifies mandates alone from then on, or nothing. */
  | { readonly kind: 'STOP'; readonly kid: string; readonly at: Date }
  /** Its mandates are all over: it verifies nothing from then on. */
  | { readonly kind: 'RETIRE'; readonly kid: string; readonly at: Date };

const { signingKeyAheadMs, retiredKeyMarginMs } = identityLimits;

/** Whether the key that signs last is of another algorithm than tokens are to be signed with. */
export const isOfOtherAlgorithm = (
  keys: readonly Pick<SigningKey, 'signsFrom' | 'algorithm' | 'state'>[],
  algorithm: SignatureAlgorithm,
): boolean => inOrder(keys.filter(({ state }) => state === 'PUBLISHED')).at(-1)?.algorithm !== algorithm;

/** The key that signs now: the newest whose time has come; where none has (a clock was set back), the oldest. */
export function keyThatSigns<Key extends Pick<SigningKey, 'signsFrom'>>(keys: readonly Key[], now: Date): Key | null {
  const oldestFirst = inOrder(keys);
  return oldestFirst.findLast(({ signsFrom }) => signsFrom <= now) ?? oldestFirst[0] ?? null;
}

/**
 * The steps that lie before the keys that verify something, the earliest first.
 * @param keys at least one of them published
 * @param rotationMs how long a key signs
 */
export function stepsAhead(keys: readonly SigningKey[], rotationMs: number): readonly KeyStep[] {
  const published = inOrder(keys.filter(({ state }) => state === 'PUBLISHED'));
  const steps: KeyStep[] = published.map(({ kid, tokenLifetimeMs }, position) => {
    const successor = published[position + 1];
    if (successor === undefined) {
      const signsFrom = published[position]?.signsFrom ?? new Date(0);
      return { kind: 'PUBLISH_NEXT', at: later(signsFrom, rotationMs - signingKeyAheadMs) };
    }
    // The key's last token was signed just before its successor took over.
    return { kind: 'STOP', kid, at: later(successor.signsFrom, tokenLifetimeMs + retiredKeyMarginMs) };
  });
  for (const { kid, state, mandatesUntil } of keys) {
    if (state === 'MANDATES' && mandatesUntil !== null) steps.push({ kind: 'RETIRE', kid, at: mandatesUntil });
  }
  return steps.sort((one, other) => one.at.getTime() - other.at.getTime());
}

const inOrder = <Key extends Pick<SigningKey, 'signsFrom'>>(keys: readonly Key[]): readonly Key[] =>
  [...keys].sort((one, other) => one.signsFrom.getTime() - other.signsFrom.getTime());

const later = (at: Date, milliseconds: number): Date => new Date(at.getTime() + milliseconds);
