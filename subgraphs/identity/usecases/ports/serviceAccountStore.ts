import type { ServiceAccount } from '../../domain/serviceAccount.js';

/** A service account with what its secret is checked against. */
export interface ServiceCredentials {
  readonly serviceAccount: ServiceAccount;
  readonly secretHash: Uint8Array;
}

/** Programs that call Tollgate. */
export interface ServiceAccountStore {
  credentialsOf(id: string): Promise<ServiceCredentials | null>;
  /** False where another has the id or the name. */
  insert(serviceAccount: ServiceAccount, secretHash: Uint8Array): Promise<boolean>;
  replaceSecret(id: string, secretHash: Uint8Array): Promise<void>;
  /** False where it was disabled before. */
  disable(id: string, now: Date): Promise<boolean>;
}
