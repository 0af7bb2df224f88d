import type { ServiceAccount, ServiceAccountSecret } from '../../domain/serviceAccount.js';

/** A live secret, with what it is recognised by. */
export interface StoredSecret extends ServiceAccountSecret {
  /** The account's first, second ... secret. */
  readonly number: number;
  readonly secretHash: Uint8Array;
}

/** Programs that call Tollgate. */
export interface ServiceAccountStore {
  find(id: string): Promise<ServiceAccount | null>;
  /** As find; until the transaction ends, nobody else changes it or its secrets. */
  lock(id: string): Promise<ServiceAccount | null>;
  /** The secrets that are good now, the newest first. */
  liveSecrets(id: string, now: Date): Promise<readonly StoredSecret[]>;
  /** With its first secret; false where another has the id or the name. */
  insert(serviceAccount: ServiceAccount, secretHash: Uint8Array): Promise<boolean>;
  /** Under the account's lock. */
  addSecret(id: string, secretHash: Uint8Array, now: Date): Promise<void>;
  /** Says when a secret ends. */
  endSecret(id: string, number: number, endsAt: Date | null): Promise<void>;
  /** Notes that a token was got with a secret. */
  noteUse(id: string, number: number, now: Date): Promise<void>;
  /** False where it was disabled before. */
  disable(id: string, now: Date): Promise<boolean>;
}
