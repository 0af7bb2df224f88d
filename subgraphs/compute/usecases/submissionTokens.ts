import { z } from 'zod';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import type { Dependencies, SealedTokens, Trace } from './ports.js';

/** What a submit is made with: narrow tokens in the submitter's name, good for one service each. */
export interface SubmissionTokens {
  /** Null where the job has no input files. */
  readonly storage: string | null;
  readonly accounting: string;
  readonly expiresAt: Date;
}

const storedTokens = z.object({ storage: z.string().nullable(), accounting: z.string() });

/** Exchanges the person's token. Refusals: identity's, such as SCOPE_EXCEEDED. @throws Fault UNAUTHENTICATED */
export async function exchangeTokens(
  deps: Dependencies,
  token: string,
  hasInputs: boolean,
  trace: Trace,
): Promise<Result<SubmissionTokens, Refusal>> {
  const [accounting, storage] = await Promise.all([
    deps.identity.exchangeToken(token, { audience: 'accounting', scope: 'accounting:spend' }, trace),
    hasInputs ? deps.identity.exchangeToken(token, { audience: 'storage', scope: 'storage:read' }, trace) : null,
  ]);
  if (!accounting.ok) return accounting;
  if (storage !== null && !storage.ok) return storage;
  const ends = [accounting.value.expiresAt, ...(storage === null ? [] : [storage.value.expiresAt])];
  return ok({
    storage: storage?.value.token ?? null,
    accounting: accounting.value.token,
    expiresAt: new Date(Math.min(...ends.map((end) => end.getTime()))),
  });
}

/** Makes the tokens fit to be kept until the submit is completed or undone. */
export function sealTokens(deps: Dependencies, { expiresAt, ...tokens }: SubmissionTokens): SealedTokens {
  return { sealed: deps.sealer.seal(JSON.stringify(tokens)), expiresAt };
}

/** The kept tokens, or null where they have ended or cannot be read here. */
export function openTokens(deps: Dependencies, kept: SealedTokens | null): SubmissionTokens | null {
  if (kept === null || kept.expiresAt <= deps.clock.now()) return null;
  const text = deps.sealer.open(kept.sealed);
  return text === null ? null : { ...storedTokens.parse(JSON.parse(text)), expiresAt: kept.expiresAt };
}
