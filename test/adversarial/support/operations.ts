import type { SubgraphName } from '../../../platform/kernel/services.js';
import { callOf, entityCallOf, rootFieldsOf } from './generateCalls.js';
import { entitiesOf, publicSchema, schemaOf } from './subgraphSchemas.js';
import { type Belongings, entityIds } from './tenantWorld.js';
import type { GraphCall } from './wholeGraph.js';

/** Something that a subgraph can be asked for: a root field, or an entity by its key. */
export interface Operation {
  readonly kind: 'query' | 'mutation' | 'entity';
  readonly name: string;
  /** Whether clients have it too. */
  readonly isPublic: boolean;
  /** A call for somebody's things, which asks for all that there is. */
  call(belongings: Belongings): Omit<GraphCall, 'token'>;
}

const publicNames = new Set(rootFieldsOf(publicSchema).map(({ name }) => name));

/** All that a subgraph can be asked for, as its schema has it. */
export function operationsOf(service: SubgraphName): readonly Operation[] {
  const roots = rootFieldsOf(schemaOf(service)).map(
    (root): Operation => ({
      kind: root.kind,
      name: root.name,
      isPublic: publicNames.has(root.name),
      call: (belongings) => callOf(root, belongings),
    }),
  );
  const entities = entitiesOf(service).map(
    (type): Operation => ({
      kind: 'entity',
      name: type.name,
      isPublic: false,
      call: (belongings) => entityCallOf(type, entityIds({ own: belongings })[type.name] ?? '', belongings),
    }),
  );
  return [...roots, ...entities];
}

/** What clients can ask for, to find what is anybody's without a log-in. */
export const publicOperations = (): readonly Operation[] =>
  rootFieldsOf(publicSchema).map((root) => ({
    kind: root.kind,
    name: root.name,
    isPublic: true,
    call: (belongings) => callOf(root, belongings),
  }));
