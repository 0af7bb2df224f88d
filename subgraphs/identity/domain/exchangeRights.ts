import type { SubgraphName } from '../../../platform/kernel/services.js';
import { scopesOfPerson } from './scopes.js';

/** The services a token may be made for, and the scopes it may have there. */
type ExchangeRights = Partial<Readonly<Record<SubgraphName, readonly string[]>>>;

/**
 * What each service may ask for in a person's name: what its work needs and no more, so that a service that was broken
 * into gets nothing else from the tokens that pass through its hands. A service that is to ask for more needs a line here.
 */
const rightsOfServices: Readonly<Record<SubgraphName, ExchangeRights>> = {
  identity: {},
  accounting: {},
  storage: {},
  // A job's money is held, and its inputs are pinned, in the person's name.
  compute: { accounting: ['accounting:spend'], storage: ['storage:read'] },
  // The hold of a request is placed in the person's name.
  access: { accounting: ['accounting:spend'] },
};

const everyScope = scopesOfPerson({ operator: true });

/**
 * A person may narrow their own token for any service but identity: what is done there in person (approving a device,
 * ending sessions) needs a session's whole token, or a narrow one could be made wide again.
 */
const rightsOfPeople: ExchangeRights = {
  accounting: everyScope,
  storage: everyScope,
  compute: everyScope,
  access: everyScope,
};

/** Who asks for a token in a person's name: the person, a service, or a program with the scopes of its token. */
export type Exchanger =
  | { readonly kind: 'PERSON' }
  | { readonly kind: 'SERVICE'; readonly name: SubgraphName }
  | { readonly kind: 'PROGRAM'; readonly id: string; readonly scopes: ReadonlySet<string> };

/**
 * The scopes that may be asked for at a service; null where a token for it may not be asked for at all. A program may ask for
 * what it has itself, wherever a person may: so what it gets is what both have.
 */
export function exchangeableScopes(exchanger: Exchanger, audience: SubgraphName): readonly string[] | null {
  if (exchanger.kind === 'SERVICE') return rightsOfServices[exchanger.name][audience] ?? null;
  const ofPeople = rightsOfPeople[audience] ?? null;
  if (exchanger.kind === 'PERSON' || ofPeople === null) return ofPeople;
  return ofPeople.filter((scope) => exchanger.scopes.has(scope));
}

/** Who acts by the token; null where the person narrows their own. */
export const actingBy = (exchanger: Exchanger): string | null =>
  exchanger.kind === 'PERSON' ? null : exchanger.kind === 'SERVICE' ? exchanger.name : exchanger.id;
