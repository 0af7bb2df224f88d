/** How large a file may be, encrypted or not. */
export const FILE_BYTES_MAX = 16 * 1024 * 1024;

/** How deep mappings and sequences may stand in each other: the readers and writers recurse. */
export const DEPTH_MAX = 100;

/** How many values a document may have once its aliases are written out: `a: [*b, *b]` grows without bound. */
export const VALUES_MAX = 200_000;

/** How often backends may name further backends. */
export const BACKEND_NESTING_MAX = 3;

/** How many backend profiles one round may unlock. */
export const BACKENDS_MAX = 32;

/** How long one backend may take to answer. */
export const BACKEND_TIMEOUT_MS = 10_000;

/** How many keys one call may name. */
export const KEYS_MAX = 32;

/** YAML allows a key on the line of its value only up to this length; longer ones are written with `?`. */
export const SIMPLE_KEY_CHARACTERS_MAX = 1000;
