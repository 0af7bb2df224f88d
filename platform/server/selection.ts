import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql';

/** Whether nothing of a field's object is asked for but these fields; fragments are looked into. */
export function selectsOnly(
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
  names: readonly string[],
): boolean {
  const isOnly = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return names.includes(selection.name.value);
      if (selection.kind === Kind.INLINE_FRAGMENT) return isOnly(selection.selectionSet);
      return isOnly(info.fragments[selection.name.value]?.selectionSet);
    }) ?? false;
  return info.fieldNodes.every(({ selectionSet }) => isOnly(selectionSet));
}
