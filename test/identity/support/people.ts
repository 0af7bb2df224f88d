import { type IdentityHarness, startIdentityHarness, type TestPerson } from './identityHarness.js';

/** Identity with the operator and three people who are signed in. */
export interface People {
  readonly identity: IdentityHarness;
  /** The operator's token. */
  readonly operator: string;
  readonly ada: TestPerson;
  readonly bob: TestPerson;
  readonly eve: TestPerson;
  /** Signs somebody else in. */
  signIn(person: TestPerson): Promise<void>;
  /** A person's token; empty for who is not signed in. */
  as(person: TestPerson): string;
}

/** Starts identity for a test of what people do with each other. */
export async function startWithPeople(): Promise<People> {
  const identity = await startIdentityHarness();
  const operator = (await identity.logIn(await identity.operator())).accessToken;
  const tokens = new Map<string, string>();
  const signIn = async (person: TestPerson): Promise<void> =>
    void tokens.set(person.id, (await identity.logIn(person)).accessToken);
  const [ada, bob, eve] = [await identity.newPerson(), await identity.newPerson(), await identity.newPerson()];
  for (const person of [ada, bob, eve]) await signIn(person);
  return { identity, operator, ada, bob, eve, signIn, as: ({ id }) => tokens.get(id) ?? '' };
}
