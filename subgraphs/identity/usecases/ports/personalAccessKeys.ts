import type { PersonalAccessKey } from '../../domain/personalAccessKey.js';

/** People's keys for their programs. */
export interface PersonalAccessKeyStore {
  insert(key: PersonalAccessKey, secretHash: Uint8Array): Promise<void>;
  find(id: string): Promise<PersonalAccessKey | null>;
  findBySecret(secretHash: Uint8Array): Promise<PersonalAccessKey | null>;
  /** How many of a person's keys still get tokens. */
  countLive(userId: string, now: Date): Promise<number>;
  /** Notes that a token was got with a key; false where it was revoked meanwhile. */
  noteUse(id: string, now: Date): Promise<boolean>;
  /** Ends all live keys of a person; returns those that were ended now. */
  revokeAllOf(userId: string, now: Date): Promise<readonly string[]>;
  /** False where it was revoked before. */
  revoke(id: string, now: Date): Promise<boolean>;
}
