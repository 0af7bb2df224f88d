/** How a value stands in the file, and how it becomes the text that its variable has. */
type Form =
  | { readonly kind: 'text' | 'number' }
  | { readonly kind: 'switch'; readonly on: string; readonly off: string }
  /** A list of texts, which the variable has separated by commas. */
  | { readonly kind: 'list' }
  /** A list of maps, which the variable has as JSON. */
  | { readonly kind: 'maps' };

/** One thing that an operator can set: by a key of the configuration file, or by a variable of the environment. */
export interface Setting {
  /** Where it stands in the file, for example `gateway.port`. */
  readonly key: string;
  readonly variable: string;
  readonly form: Form;
  /** What it is for and what it may be, in a sentence or two. */
  readonly about: string;
  /** What counts where nothing is said, in words; YAML, where it can be one. */
  readonly otherwise: string;
  /** An example for the file, YAML; absent: the default is one. */
  readonly example?: string;
  /** Never shown. */
  readonly isSecret?: true;
}

/** Settings that belong together, under one heading of the file. */
export interface SettingSection {
  readonly name: string;
  readonly about: string;
  readonly settings: readonly Setting[];
}

export const text = { kind: 'text' } as const;
export const number = { kind: 'number' } as const;
export const list = { kind: 'list' } as const;
export const maps = { kind: 'maps' } as const;
export const onOff = { kind: 'switch', on: 'on', off: 'off' } as const;
export const oneZero = { kind: 'switch', on: '1', off: '0' } as const;
