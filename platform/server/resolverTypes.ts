/**
 * What a subgraph has to write, derived from the generated `Resolvers` type: Query and Mutation in full, and of every
 * other type only the fields that its row lacks or gives in another form. A field forgotten does not compile.
 */
export type RequiredResolvers<Generated> = {
  [Name in RequiredNames<Generated>]: Needed<NonNullable<Generated[Name]>>;
} & {
  [Name in Exclude<keyof Generated, RequiredNames<Generated>>]?: Partial<NonNullable<Generated[Name]>>;
};

/** The types of which at least one field must be written. */
type RequiredNames<Generated> = {
  [Name in keyof Generated]-?: Name extends InstalledByPlatform
    ? never
    : Nothing extends Needed<NonNullable<Generated[Name]>>
      ? never
      : Name;
}[keyof Generated];

type Nothing = Record<never, never>;

/** Types whose resolvers platform/server/sharedResolvers.ts and platform/audit/auditResolvers.ts install. */
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
  | 'Principal'
  | 'AuditTrail'
  | 'AuditEntry'
  | 'AuditDetail'
  | 'AuditEntryConnection'
  | 'AuditEntryEdge';

type ParentOf<Field> = Field extends (parent: infer Parent, ...rest: never[]) => unknown ? Parent : never;
type ResultOf<Field> = Field extends (...all: never[]) => infer Output ? Awaited<Output> : never;
/** GraphQL gives what is absent as null. */
type OrAbsent<Output> = null extends Output ? Output | undefined : Output;
type IsGivenByRow<Field, Name> = Name extends keyof ParentOf<Field>
  ? ParentOf<Field>[Name] extends OrAbsent<ResultOf<Field>>
    ? true
    : false
  : false;

type Needed<Fields> = {
  [Name in keyof Fields as IsGivenByRow<Fields[Name], Name> extends true ? never : Name]: Fields[Name];
} & Partial<Fields>;
