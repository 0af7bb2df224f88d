import { type Refusal, refused } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import type { SignedTarget } from '../domain/signedUrl.js';
import type { Dependencies } from './dependencies.js';

/** A request to the data plane: its proof is the URL. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as received. */
  readonly url: string;
}

/**
 * What a signed URL opens. Refusals: URL_INVALID where it is not one of ours, was changed, or is for another method;
 * URL_EXPIRED where its time is over or its person or session has ended.
 */
export function openUrl({ urls, bearers, clock }: Dependencies, request: SignedRequest): Result<SignedTarget, Refusal> {
  const target = urls.verify(request.method, request.url, clock.now());
  if (target === 'invalid')
    return err(refused('URL_INVALID', 'The URL is not one that was given here, or was changed.'));
  if (target === 'expired') return err(expired());
  if (target.kind !== 'jobInput' && bearers.isDead(target.bearer)) return err(expired());
  return ok(target);
}

/** The refusal of a URL that worked once. */
export const expired = (): Refusal => refused('URL_EXPIRED', 'The URL does not work any more. Ask for a fresh one.');
