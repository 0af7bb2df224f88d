import {
  type DocumentNode,
  type FieldNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInterfaceType,
  isListType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionNode,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromAST,
} from 'graphql';
import { limits } from '../platform/kernel/limits.js';

type Type = GraphQLNamedType | null | undefined;
/** The variables of a request after coercion, the defaults of the operation included. */
type Variables = Readonly<Record<string, unknown>>;

// What parsePage() takes for an explicit null.
const PAGE_SIZE_DEFAULT = 20;
/** What a plain list counts as: it is bounded by its parent, and its true length is not known beforehand. */
const LIST_ITEMS = 10;

/**
 * Estimates how many nodes the largest answer to an operation has: items of lists, and single objects that have an id.
 * Values such as money are part of the node that has them. A page counts as full, and also where none of its items is
 * selected, since its rows are read all the same. What lies below a list counts once for each item.
 * @param document validated against the schema, so that types are known and fragments have no cycles
 * @returns the number of nodes, up to infinity
 */
export function countNodes(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
): number {
  const fragments = new Map(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node] as const] : [],
    ),
  );
  const counted = new Map<string, number>();

  /** Counts a fragment once for each page size around it: written out, fragments could double at every level. */
  const countSpread = (name: string, page: number | null): number => {
    const key = `${name} ${page}`;
    const known = counted.get(key);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    const count =
      fragment === undefined
        ? 0
        : countSet(fragment.selectionSet, schema.getType(fragment.typeCondition.name.value), page);
    counted.set(key, count);
    return count;
  };

  /** @param page the page size, directly below a field that was asked for a page */
  const countSet = (set: SelectionSetNode, parent: Type, page: number | null): number =>
    set.selections.reduce((sum, node) => sum + countSelection(node, parent, page), 0);

  const countSelection = (node: SelectionNode, parent: Type, page: number | null): number => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return countSpread(node.name.value, page);
    if (node.kind === Kind.FIELD) return countField(node, parent, page);
    const type = node.typeCondition === undefined ? parent : schema.getType(node.typeCondition.name.value);
    return countSet(node.selectionSet, type, page);
  };

  const countField = (node: FieldNode, parent: Type, page: number | null): number => {
    const field = fieldOf(schema, parent, node.name.value);
    if (field === undefined || node.selectionSet === undefined) return 0;
    const type = getNamedType(field.type);
    const asked = pageSizeOf(node, field, variables);
    if (isListType(getNullableType(field.type))) {
      return (asked ?? page ?? LIST_ITEMS) * (1 + countSet(node.selectionSet, type, null));
    }
    const below = countSet(node.selectionSet, type, asked);
    if (asked !== null) return Math.max(asked, below);
    // The edge was counted already.
    return below + (hasId(type) && !isEdge(parent) ? 1 : 0);
  };

  return countSet(operation.selectionSet, schema.getRootType(operation.operation), null);
}

/** How many items a field is asked for; null for a field that has no pages. What is out of range is refused later. */
function pageSizeOf(node: FieldNode, field: GraphQLField<unknown, unknown>, variables: Variables): number | null {
  const definition = field.args.find(({ name }) => name === 'first');
  if (definition === undefined) return null;
  const written = node.arguments?.find(({ name }) => name.value === 'first')?.value;
  const value: unknown = valueFromAST(written, definition.type, variables);
  const size = value === undefined ? definition.defaultValue : value;
  return typeof size === 'number' ? Math.min(limits.pageSizeMax, Math.max(1, size)) : PAGE_SIZE_DEFAULT;
}

function fieldOf(schema: GraphQLSchema, parent: Type, name: string): GraphQLField<unknown, unknown> | undefined {
  if (parent === schema.getQueryType()) {
    const meta = [SchemaMetaFieldDef, TypeMetaFieldDef].find((field) => field.name === name);
    if (meta !== undefined) return meta;
  }
  return fieldsOf(parent)[name];
}

const fieldsOf = (type: Type): Readonly<Record<string, GraphQLField<unknown, unknown>>> =>
  isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};

const hasId = (type: Type): boolean => isUnionType(type) || fieldsOf(type)['id'] !== undefined;

const isEdge = (type: Type): boolean => fieldsOf(type)['cursor'] !== undefined && fieldsOf(type)['node'] !== undefined;
