/** A grant, by id; access knows the rest. */
export interface GrantReference {
  readonly id: string;
}
