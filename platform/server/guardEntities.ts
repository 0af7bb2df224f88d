import type { GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import { isByService, type Viewer } from '../auth/viewer.js';
import { forbidden } from '../kernel/faults.js';
import type { SubgraphName } from '../kernel/services.js';

/** What services look up by key in their own name, by service: the types' names. */
export type EntityLookUps = Partial<Readonly<Record<SubgraphName, readonly string[]>>>;

/**
 * Keeps `_entities` for the gateway: a service looks up in its own name what is named here, and nothing in a person's.
 * Otherwise whoever has a service's key could follow every key that it meets.
 * @throws Fault FORBIDDEN, at the field
 */
export function guardEntities(schema: GraphQLSchema, lookUps: EntityLookUps): void {
  const field = schema.getQueryType()?.getFields()['_entities'];
  const resolve = field?.resolve;
  if (field === undefined || resolve === undefined) return;
  const guarded: GraphQLFieldResolver<unknown, { readonly viewer: Viewer }> = (root, args, context, info) => {
    const { viewer } = context;
    const isService = viewer.kind === 'service' || (viewer.kind === 'person' && isByService(viewer));
    const types = viewer.kind === 'service' ? (lookUps[viewer.service] ?? []) : [];
    if (isService && !typesOf(args['representations']).every((type) => types.includes(type))) throw forbidden();
    return resolve(root, args, context, info);
  };
  field.resolve = guarded;
}

/** The types that representations name; the scalar has seen to it that each is an object. */
const typesOf = (representations: unknown): readonly string[] =>
  (representations as readonly { readonly __typename?: unknown }[]).map(({ __typename }) => String(__typename));
