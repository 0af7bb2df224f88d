/** Whose jobs may run on a machine that cannot isolate them: everybody's, or those of named people. */
export type Trusted = 'everybody' | ReadonlySet<string>;

/** Whether a person's job may only run isolated from Tollgate's own files. Operators own those files already. */
export const isIsolationRequired = (trusted: Trusted, person: { userId: string; operator: boolean }): boolean =>
  !person.operator && trusted !== 'everybody' && !trusted.has(person.userId);
