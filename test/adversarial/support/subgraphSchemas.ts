import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { buildASTSchema, type GraphQLObjectType, type GraphQLSchema, isUnionType, parse, visit } from 'graphql';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { type SubgraphName, subgraphNames } from '../../../platform/kernel/services.js';
import { loadTypeDefs } from '../../../platform/server/typeDefs.js';

const schemas = new Map<SubgraphName, GraphQLSchema>(
  subgraphNames.map((name) => [name, buildSubgraphSchema({ typeDefs: loadTypeDefs(name) })]),
);

/** The graph as clients have it: without what is between services. */
export const publicSchema: GraphQLSchema = buildASTSchema(
  visit(parse(readFileSync(join(packageRoot, 'schema', 'supergraph.graphql'), 'utf8')), {
    enter(node) {
      const isHidden = 'directives' in node && node.directives?.some(({ name }) => name.value === 'inaccessible');
      return isHidden === true ? null : undefined;
    },
  }),
  { assumeValidSDL: true },
);

/** A subgraph's own schema, as its callers have it. */
export const schemaOf = (service: SubgraphName): GraphQLSchema => schemas.get(service) ?? publicSchema;

/** The types that a subgraph finds by their key. */
export function entitiesOf(service: SubgraphName): readonly GraphQLObjectType[] {
  const union = schemaOf(service).getType('_Entity');
  return isUnionType(union) ? [...union.getTypes()] : [];
}
