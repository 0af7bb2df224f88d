import type { SignatureAlgorithm } from '../../../../platform/kernel/signatureAlgorithms.js';
import type { SigningKey } from '../../domain/signingKey.js';

/** A key with its halves; the private one is sealed, and null once it signs no more. */
export interface StoredSigningKey extends SigningKey {
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly privateJwk: Uint8Array | null;
}

/** The keys that sign access tokens and mandates. */
export interface SigningKeyStore {
  /** Until the transaction ends, nobody else changes the keys. */
  lock(): Promise<void>;
  /** Keys that verify something, the newest first. */
  verifying(): Promise<readonly StoredSigningKey[]>;
  find(kid: string): Promise<SigningKey | null>;
  insert(key: StoredSigningKey): Promise<void>;
  /** Notes that keys which may still sign may sign tokens of so long a life; never less than was noted before. */
  raiseTokenLifetime(lifetimeMs: number): Promise<void>;
  /** Takes a key's private half away. From now on it verifies mandates alone until then; null: nothing any more. */
  stop(kid: string, mandatesUntil: Date | null, now: Date): Promise<void>;
}

/** A fresh key pair. */
export interface NewSigningKey {
  readonly kid: string;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly privateJwk: string;
}

/** Makes key pairs for access tokens. */
export type NewSigningKeyPair = (algorithm: SignatureAlgorithm) => Promise<NewSigningKey>;

/** The keys as this process knows them. */
export interface KeyRing {
  /** Reads them anew before the next use; to be called after a commit that changed them. */
  forget(): void;
}

/** When the keys are to be looked at again: a durable task. */
export interface KeySchedule {
  /** In place of what was planned before; it stands if the transaction commits. Null: at once. */
  lookAgainAt(at: Date | null): Promise<void>;
}
