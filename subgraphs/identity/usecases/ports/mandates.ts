import type { Mandate } from '../../domain/mandate.js';

/** Mandates that were given. */
export interface MandateStore {
  insert(mandate: Mandate, now: Date): Promise<void>;
  find(id: string): Promise<Mandate | null>;
  /** When the last of those that still count ends; null where none does. */
  lastExpiry(now: Date): Promise<Date | null>;
  /** False where it was revoked before. */
  revoke(id: string, now: Date): Promise<boolean>;
  /** Revokes all of a person's that could still be used; returns those that were revoked now. */
  revokeAllOf(issuerId: string, now: Date): Promise<readonly string[]>;
}

/** Signs mandates with the key that signs access tokens. */
export interface MandateTokens {
  /** The token of a mandate. Two calls differ in the signature only, so none is kept. */
  sign(mandate: Mandate): Promise<string>;
}
