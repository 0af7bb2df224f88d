import {
  type DefinitionNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** How large an operation is once every fragment is written out where it is spread. */
export interface Measure {
  /** Levels of nested fields, the leaf included. */
  readonly depth: number;
  /** Fields with an alias. */
  readonly aliases: number;
  readonly directives: number;
  /** Fields directly below query or mutation. */
  readonly rootFields: number;
  /** Fields in all: what fragments that double at every level make explode. */
  readonly selections: number;
  /** Levels of lists and objects in written arguments. */
  readonly valueDepth: number;
}

const nothing: Measure = { depth: 0, aliases: 0, directives: 0, rootFields: 0, selections: 0, valueDepth: 0 };

/**
 * Measures each operation of a document without writing fragments out: a fragment is measured once and its figures
 * are added wherever it is spread. Figures stop at infinity, never at an error; cycles and unknown fragments count
 * nothing, since validation refuses them.
 */
export function measureDocument(document: DocumentNode): Measure {
  const fragments = new Map(document.definitions.filter(isFragment).map((node) => [node.name.value, node]));
  const measured = new Map<string, Measure>();

  const measureSpread = (name: string): Measure => {
    const known = measured.get(name);
    if (known !== undefined) return known;
    const fragment = fragments.get(name);
    // Set before the walk, so that a cycle comes back to an end.
    measured.set(name, nothing);
    if (fragment === undefined) return nothing;
    const measure = plus(measureSet(fragment.selectionSet), directivesOf(fragment));
    measured.set(name, measure);
    return measure;
  };

  const measureSet = (set: SelectionSetNode): Measure =>
    set.selections.reduce((sum, node) => plus(sum, measureSelection(node)), nothing);

  const measureSelection = (node: SelectionNode): Measure => {
    if (node.kind === Kind.FRAGMENT_SPREAD) return plus(measureSpread(node.name.value), directivesOf(node));
    if (node.kind === Kind.INLINE_FRAGMENT) return plus(measureSet(node.selectionSet), directivesOf(node));
    return measureField(node, node.selectionSet === undefined ? nothing : measureSet(node.selectionSet));
  };

  const measureOperation = (node: OperationDefinitionNode): Measure => {
    const parts = [node, ...(node.variableDefinitions ?? [])].map(directivesOf);
    return [measureSet(node.selectionSet), ...parts].reduce(plus);
  };

  return document.definitions.filter(isOperation).map(measureOperation).reduce(largest, nothing);
}

/** A field with what is selected below it. */
function measureField(node: FieldNode, below: Measure): Measure {
  return {
    depth: 1 + below.depth,
    aliases: below.aliases + (node.alias === undefined ? 0 : 1),
    directives: below.directives + directivesOf(node).directives,
    rootFields: 1,
    selections: 1 + below.selections,
    valueDepth: Math.max(below.valueDepth, ...(node.arguments ?? []).map((argument) => depthOfValue(argument.value))),
  };
}

const directivesOf = (node: { readonly directives?: readonly unknown[] | undefined }): Measure => ({
  ...nothing,
  directives: node.directives?.length ?? 0,
});

/** Two selections side by side. */
const plus = (one: Measure, other: Measure): Measure => ({
  depth: Math.max(one.depth, other.depth),
  aliases: one.aliases + other.aliases,
  directives: one.directives + other.directives,
  rootFields: one.rootFields + other.rootFields,
  selections: one.selections + other.selections,
  valueDepth: Math.max(one.valueDepth, other.valueDepth),
});

/** The larger figure of each: only one operation of a document is run. */
const largest = (one: Measure, other: Measure): Measure => ({
  depth: Math.max(one.depth, other.depth),
  aliases: Math.max(one.aliases, other.aliases),
  directives: Math.max(one.directives, other.directives),
  rootFields: Math.max(one.rootFields, other.rootFields),
  selections: Math.max(one.selections, other.selections),
  valueDepth: Math.max(one.valueDepth, other.valueDepth),
});

function depthOfValue(value: ValueNode): number {
  if (value.kind === Kind.LIST) return 1 + Math.max(0, ...value.values.map(depthOfValue));
  if (value.kind === Kind.OBJECT) return 1 + Math.max(0, ...value.fields.map((field) => depthOfValue(field.value)));
  return 0;
}

const isFragment = (node: DefinitionNode): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION;
const isOperation = (node: DefinitionNode): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION;
