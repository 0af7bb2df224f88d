/**
 * What a subgraph has to write, derived from the generated `Resolvers` type: Query and Mutation in full, and of every
 * other type only the fields that its row lacks or gives in another form. A field forgotten does not compile.
 */
export type RequiredResolvers<Generated> = {
  [Name in keyof Generated as Name extends InstalledByPlatform ? never : Name]-?: Needed<NonNullable<Generated[Name]>>;
} & {
  [Name in keyof Generated as Name extends InstalledByPlatform ? Name : never]?: Partial<NonNullable<Generated[Name]>>;
};

/** Types whose resolvers platform/server/sharedResolvers.ts installs. */
type InstalledByPlatform =
  | 'DateTime'
  | 'Decimal'
  | 'Bytes'
  | 'Count'
  | 'URL'
  | 'Money'
  | 'PageInfo'
  | 'Refusal'
  | 'Refused'
  | 'InvalidInput'
  | 'InsufficientFunds'
  | 'LimitExceeded'
  | 'Principal';

type ParentOf<Field> = Field extends (parent: infer Parent, ...rest: never[]) => unknown ? Parent : never;
type ResultOf<Field> = Field extends (...all: never[]) => infer Output ? Awaited<Output> : never;
type IsGivenByRow<Field, Name> = Name extends keyof ParentOf<Field>
  ? ParentOf<Field>[Name] extends ResultOf<Field>
    ? true
    : false
  : false;

type Needed<Fields> = {
  [Name in keyof Fields as IsGivenByRow<Fields[Name], Name> extends true ? never : Name]: Fields[Name];
} & Partial<Fields>;
