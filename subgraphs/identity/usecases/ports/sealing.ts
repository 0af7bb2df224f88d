/** Encrypts what is kept, with the key-encryption key. A purpose names owner and use: a value moved elsewhere does not open. */
export interface Sealer {
  seal(plain: string, purpose: string): Uint8Array;
  /** @throws Error where it was sealed for another purpose, was changed, or its key is gone */
  open(sealed: Uint8Array, purpose: string): string;
}

/** The keys that the sealer works with, by their ids. */
export interface KeyEncryptionKeys {
  /** The newest first: it seals, all of them open. */
  readonly ids: readonly string[];
  /** Makes and keeps the next; from then on it seals. Returns its id. */
  makeNext(): Promise<string>;
  /** Forgets for good those that are older than this one. */
  dropOlderThan(id: string): Promise<void>;
}

/** A sealed value, and where it stands. */
export interface SealedValue {
  readonly place: 'FACTOR' | 'ENROLMENT' | 'SIGNING_KEY';
  /** The row's key. */
  readonly key: string;
  /** Whose it is: what its purpose names. */
  readonly owner: string;
  readonly sealed: Uint8Array;
}

/** A key as the database knows it: never the key itself. */
export interface KnownKey {
  readonly id: string;
  readonly createdAt: Date;
}

/** Everything in the database that is sealed. */
export interface SealedStore {
  /** Until the end of the transaction nobody else changes the key-encryption keys, in whichever replica. */
  lock(): Promise<void>;
  /** Notes a key that seals from now on. To do so again changes nothing. */
  register(key: KnownKey): Promise<void>;
  find(keyId: string): Promise<KnownKey | null>;
  /** Some of the values that another key than this one sealed. */
  notUnder(keyId: string): Promise<readonly SealedValue[]>;
  /** Puts a value in the place of another; nothing where that has changed meanwhile. */
  replace(value: SealedValue, sealed: Uint8Array): Promise<void>;
  /**
   * From now on the database takes no value of these keys, which a request may have sealed before the rotation; false,
   * and nothing is changed, while one stands there.
   */
  retire(keyIds: readonly string[], now: Date): Promise<boolean>;
}
