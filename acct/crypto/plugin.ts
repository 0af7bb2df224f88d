/**
 * How the bytes of a document become those of a file. Plugins of a directory export the same object by default.
 * `decrypt` throws AcctError with FILE_TRUNCATED, FILE_ALTERED, KEY_WRONG or NOT_ENCRYPTED.
 */
export interface CryptoPlugin {
  /** The ending of its files: `creds.yaml` becomes `creds.yaml.<name>`. */
  readonly name: string;
  generateKey(): string;
  /** Throws AcctError KEY_MALFORMED. */
  checkKey(key: string): void;
  encrypt(plain: Uint8Array, key: string): Uint8Array;
  decrypt(sealed: Uint8Array, key: string): Uint8Array;
}
