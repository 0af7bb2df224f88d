import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { accessLimits } from '../domain/limits.js';
import { parseWords } from './parseWords.js';
import type { Wish } from './priceWish.js';

/** A wish for access, as clients send it. */
export interface RequestAccessInput {
  readonly idempotencyKey: string;
  readonly quoteId?: string | null | undefined;
  readonly offerId?: string | null | undefined;
  readonly quantity?: string | null | undefined;
  readonly startsAt?: Date | null | undefined;
  readonly endsAt?: Date | null | undefined;
  readonly accountId: string;
  readonly groupId?: string | null | undefined;
  readonly name: string;
  readonly justification?: string | null | undefined;
}

type PriceInput = Pick<RequestAccessInput, 'quoteId' | 'offerId' | 'quantity' | 'startsAt' | 'endsAt'>;

/** A wish whose form is right. */
export interface AccessWish {
  /** The id of a quote, or what is to be quoted now. */
  readonly price: string | Wish;
  readonly name: string;
  readonly justification: string | null;
}

/** Checks the form of a wish. Refusal INVALID_INPUT. */
export function parseAccessWish(input: RequestAccessInput): Result<AccessWish, InvalidInput> {
  const name = parseLine(input.name, ['name']);
  if (!name.ok) return name;
  const justification = parseWords(input.justification, ['justification'], accessLimits.justificationCharactersMax);
  if (!justification.ok) return justification;
  const price = parsePrice(input);
  return price.ok ? ok({ price: price.value, name: name.value, justification: justification.value }) : price;
}

/** The price that is wished for: the id of a quote, or what is to be quoted. Refusal INVALID_INPUT. */
export function parsePrice({
  quoteId,
  offerId,
  quantity,
  startsAt,
  endsAt,
}: PriceInput): Result<string | Wish, InvalidInput> {
  if (quoteId != null) {
    const surplus = Object.entries({ offerId, quantity, startsAt, endsAt }).find(([, value]) => value != null)?.[0];
    if (surplus === undefined) return ok(quoteId);
    return err(invalidInput([surplus], `The quote says ${surplus} already; leave one of the two out.`));
  }
  if (offerId == null) return err(invalidInput(['quoteId'], 'Give a quoteId, or offerId, quantity and endsAt.'));
  if (quantity == null) return err(invalidInput(['quantity'], 'With offerId, quantity is needed.'));
  if (endsAt == null) return err(invalidInput(['endsAt'], 'With offerId, endsAt is needed.'));
  return ok({ offerId, quantity, startsAt: startsAt ?? null, endsAt });
}
