import { forbidden } from '../../../platform/kernel/faults.js';
import { invalidInput, type Refusal } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import type { AccessRequest } from '../domain/accessRequest.js';
import { accessLimits } from '../domain/limits.js';
import { parsePart } from '../domain/review.js';
import { type Deciding, nextStatus } from './decideOn.js';
import { decideRequest } from './decideRequest.js';
import type { Dependencies } from './dependencies.js';
import { parseWords } from './parseWords.js';
import type { Caller } from './ports.js';
import { quotedOffer } from './quotedOffer.js';

/** What to change of a request; what is absent stays. */
export interface ReviseAccessRequestInput {
  readonly accessRequestId: string;
  readonly quantity?: string | null | undefined;
  readonly name?: string | null | undefined;
  readonly justification?: string | null | undefined;
}

/**
 * Changes a request that waits for a decision. Never to more than was quoted, since no more is reserved. Approvals that
 * were given count for what they were given for, so that they are needed anew.
 * Refusals: REQUEST_NOT_IN_REVIEW, REQUEST_ENDED, LIMIT_EXCEEDED, INVALID_INPUT, QUANTITY_OUT_OF_RANGE.
 * @throws Fault UNAUTHENTICATED, NOT_FOUND, FORBIDDEN for others than the requester whom it was shown to
 */
export const reviseAccessRequest = (
  deps: Dependencies,
  caller: Caller,
  input: ReviseAccessRequestInput,
): Promise<Result<AccessRequest, Refusal>> =>
  decideRequest(deps, caller, { operation: 'reviseAccessRequest', input, judge: (deciding) => judge(deciding, input) });

async function judge(
  deciding: Deciding<AccessRequest>,
  { quantity, name, justification }: ReviseAccessRequestInput,
): ReturnType<Parameters<typeof decideRequest>[2]['judge']> {
  const { store, person, request } = deciding;
  if (request.requesterId !== person.userId) throw forbidden('Only the requester revises a request.');
  const status = nextStatus(deciding, 'REVISE');
  if (!status.ok) return status;
  if (request.revision >= accessLimits.revisionsMax) return err(tooOften);
  if (quantity == null && name == null && justification == null) {
    return err(invalidInput(['quantity'], 'Give a quantity, a name or a justification to change.'));
  }
  const newName = parseLine(name ?? request.name, ['name']);
  if (!newName.ok) return newName;
  const why = parseWords(
    justification ?? request.justification,
    ['justification'],
    accessLimits.justificationCharactersMax,
  );
  if (!why.ok) return why;
  const { quote, offer } = await quotedOffer(store, request.quoteId);
  const bounds = { quote, kind: offer.kind, most: quote.quantityMicros, least: offer.minimumQuantityMicros };
  const kept = { quantityMicros: request.quantityMicros, totalMicros: request.total.micros };
  const part = quantity == null ? ok(kept) : parsePart({ quantity }, bounds);
  if (!part.ok) return part;
  const change = { ...part.value, name: newName.value, justification: why.value };
  return ok({ step: 'revise', change: { ...change, status: status.value, revision: request.revision + 1 } });
}

const tooOften: Refusal = {
  type: 'LimitExceeded',
  code: 'LIMIT_EXCEEDED',
  message: `A request is revised at most ${accessLimits.revisionsMax} times; withdraw it and ask anew.`,
  limit: 'revisions',
};
