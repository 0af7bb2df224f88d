import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { inputValue } from './inputValues.js';
import type { Belongings } from './tenantWorld.js';
import type { GraphCall } from './wholeGraph.js';

/** A root field of a schema. */
export interface RootField {
  readonly kind: 'query' | 'mutation';
  readonly name: string;
  readonly field: GraphQLField<unknown, unknown>;
}

/** Levels of things below the one that is asked for; the lists between do not count. */
const DEPTH = 2;

/** All queries and mutations but federation's own. */
export function rootFieldsOf(schema: GraphQLSchema): readonly RootField[] {
  return (['query', 'mutation'] as const).flatMap((kind) => {
    const type = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
    return Object.values(type?.getFields() ?? {})
      .filter(({ name }) => !name.startsWith('_'))
      .map((field) => ({ kind, name: field.name, field }));
  });
}

/** Where an argument of a root field stands, as inputValues.ts names it. */
export const placeOf = (kind: RootField['kind'], field: string, argument: string): string =>
  `${kind === 'query' ? 'Query' : 'Mutation'}.${field}.${argument}`;

/** A call of a root field for things of the owner's, which asks for all that there is. */
export function callOf({ kind, name, field }: RootField, belongings: Belongings): Omit<GraphCall, 'token'> {
  const values = field.args.map((arg) => {
    const place = placeOf(kind, name, arg.name);
    return { arg, value: inputValue({ place, name: arg.name, type: arg.type }, belongings) };
  });
  const sent = values.filter(({ value }) => value !== undefined);
  const heads = sent.map(({ arg }) => `$${arg.name}: ${String(arg.type)}`).join(', ');
  const args = sent.map(({ arg }) => `${arg.name}: $${arg.name}`).join(', ');
  const brackets = (inner: string): string => (inner === '' ? '' : `(${inner})`);
  const document = `${kind} Intrude${brackets(heads)} { ${name}${brackets(args)} ${selectionOf(getNamedType(field.type), belongings)} }`;
  return { document, variables: Object.fromEntries(sent.map(({ arg, value }) => [arg.name, value])) };
}

/** A look-up of an entity by its key, straight at a subgraph, which asks for all that there is. */
export function entityCallOf(type: GraphQLObjectType, id: string, belongings: Belongings): Omit<GraphCall, 'token'> {
  const document = `query Intrude($of: [_Any!]!) { _entities(representations: $of) { ... on ${type.name} ${selectionOf(type, belongings)} } }`;
  return { document, variables: { of: [{ __typename: type.name, id }] } };
}

/** All of a type's fields, and theirs down to some depth. */
function selectionOf(type: GraphQLNamedType, belongings: Belongings, path: readonly string[] = []): string {
  if (!isCompositeType(type)) return '';
  if (isAbstractType(type)) return abstractSelection(type);
  const isBetween = /(Payload|Connection|Edge)$/.test(type.name);
  const below = isBetween ? path : [...path, type.name];
  const fields = Object.values(isObjectType(type) ? type.getFields() : {}).flatMap((field) => {
    const named = getNamedType(field.type);
    if (!isCompositeType(named)) return [`${field.name}${argumentsOf(type.name, field, belongings)}`];
    if (below.length > DEPTH || below.includes(named.name)) return [];
    const selected = selectionOf(named, belongings, below);
    return selected === '' ? [] : [`${field.name}${argumentsOf(type.name, field, belongings)} ${selected}`];
  });
  return fields.length === 0 ? '{ __typename }' : `{ ${fields.join(' ')} }`;
}

function abstractSelection({ name }: GraphQLNamedType): string {
  if (name === 'Principal') return '{ ... on User { id } ... on Group { id } }';
  if (name === 'Refusal') return '{ code message }';
  throw new Error(`generateCalls.ts knows no selection of ${name}: say which.`);
}

function argumentsOf(type: string, field: GraphQLField<unknown, unknown>, belongings: Belongings): string {
  const given = field.args.filter((arg) => isRequiredArgument(arg) || arg.name === 'first');
  if (given.length === 0) return '';
  const texts = given.map((arg) => {
    const value =
      arg.name === 'first'
        ? 2
        : inputValue({ place: `${type}.${field.name}.${arg.name}`, name: arg.name, type: arg.type }, belongings);
    return `${arg.name}: ${JSON.stringify(value)}`;
  });
  return `(${texts.join(', ')})`;
}
