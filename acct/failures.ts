/**
 * Every way in which acct refuses, with the exit status that its command gives. The numbers are a promise to scripts:
 * they are never reused. 0 is success, 1 an unexpected failure, 2 a wrong use of the command.
 */
export const failures = {
  USAGE: { exitCode: 2, meaning: 'an option or argument is wrong' },
  FILE_MISSING: { exitCode: 3, meaning: 'a file does not exist' },
  KEY_MISSING: { exitCode: 4, meaning: 'no key was given' },
  KEY_MALFORMED: { exitCode: 5, meaning: 'a key does not have the form of the crypto plugin' },
  KEY_WRONG: { exitCode: 6, meaning: 'none of the keys opens the file' },
  FILE_TRUNCATED: { exitCode: 7, meaning: 'the encrypted file ends too early' },
  FILE_ALTERED: { exitCode: 8, meaning: 'the encrypted file was changed' },
  NOT_ENCRYPTED: { exitCode: 9, meaning: 'the file is not encrypted, and plaintext was not asked for' },
  DOCUMENT_INVALID: { exitCode: 10, meaning: 'the document is not valid YAML or JSON, or not a mapping' },
  KEY_DUPLICATE: { exitCode: 11, meaning: 'a mapping names a key twice' },
  VALUE_UNSUPPORTED: { exitCode: 12, meaning: 'a date or another value that the format cannot hold' },
  PROFILE_UNKNOWN: { exitCode: 13, meaning: 'the named profile or key of it does not exist' },
  PROFILE_DUPLICATE: { exitCode: 14, meaning: 'several providers have a profile of this name' },
  BACKEND_FAILED: { exitCode: 15, meaning: 'a backend did not give its secrets' },
  PLUGIN_FAILED: { exitCode: 16, meaning: 'a plugin is missing, malformed or failed' },
  EDITOR_FAILED: { exitCode: 17, meaning: 'the editor failed; the file is unchanged' },
  FILE_UNUSABLE: { exitCode: 18, meaning: 'a file cannot be read or written' },
  LIMIT_EXCEEDED: { exitCode: 19, meaning: 'the document is too large, too deep or repeats too much' },
} as const satisfies Record<string, { readonly exitCode: number; readonly meaning: string }>;

/** The name of one way to refuse. */
export type FailureCode = keyof typeof failures;
