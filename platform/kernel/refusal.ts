import type { Money } from './money.js';
import type { RefusalCode } from './refusals/registry.js';

/** A refusal that needs no data beyond its code. `message` names the cause and the remedy, for a person. */
export interface Refused {
  readonly type: 'Refused';
  readonly code: RefusalCode;
  readonly message: string;
}

/** The account cannot cover the amount; `shortfall` is exact. */
export interface InsufficientFunds {
  readonly type: 'InsufficientFunds';
  readonly code: 'INSUFFICIENT_FUNDS';
  readonly message: string;
  readonly shortfall: Money;
  readonly available: Money;
  readonly accountId: string | null;
}

/** A limit stands in the way and names itself. */
export interface LimitExceeded {
  readonly type: 'LimitExceeded';
  readonly code: 'LIMIT_EXCEEDED';
  readonly message: string;
  readonly limit: string;
}

/** A value of the input does not meet its rule; `path` leads to it, outermost first. */
export interface InvalidInput {
  readonly type: 'InvalidInput';
  readonly code: RefusalCode;
  readonly message: string;
  readonly path: readonly string[];
}

/** A log-in goes on when a one-time-code factor is enrolled; `totp` is what to enrol, the token the right to confirm it. */
export interface TotpRequired {
  readonly type: 'TotpRequired';
  readonly code: 'TOTP_REQUIRED';
  readonly message: string;
  readonly enrolmentToken: string;
  readonly totp: { readonly secret: string; readonly uri: string; readonly qrCodeSvg: string };
}

/** Every expected refusal. It is plain data, so that it can be remembered under an idempotency key. */
export type Refusal = Refused | InsufficientFunds | LimitExceeded | InvalidInput | TotpRequired;

/** A refusal without data. */
export const refused = (code: RefusalCode, message: string): Refused => ({ type: 'Refused', code, message });

/** A refusal of one input value. */
export const invalidInput = (
  path: readonly string[],
  message: string,
  code: RefusalCode = 'INVALID_INPUT',
): InvalidInput => ({ type: 'InvalidInput', code, message, path });

/** The refusal of an input that a later version will take; nothing of it is ignored silently. */
export const notSupported = (path: readonly string[]): InvalidInput =>
  invalidInput(path, `${path.join('.')} is not supported yet; leave it out.`, 'NOT_SUPPORTED');
