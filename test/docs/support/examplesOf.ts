import { type OperationDefinitionNode, parse } from 'graphql';

/** An operation of a page, with the variables that stand under it. */
export interface Example {
  readonly name: string;
  readonly operation: string;
  /** As it stands there, with what is to be replaced. */
  readonly variables: string;
}

/** The operations of a page's section, in their order. */
export function examplesOf(page: string, section: string): readonly Example[] {
  const [, text = ''] = page.split(`\n## ${section}\n`);
  const [own = ''] = text.split('\n## ');
  const blocks = [...own.matchAll(/```(graphql|json)\n([\s\S]*?)```/g)];
  return blocks.flatMap(([, language, operation = ''], index) => {
    if (language !== 'graphql') return [];
    const next = blocks[index + 1];
    const [definition] = parse(operation).definitions;
    const name = (definition as OperationDefinitionNode).name?.value ?? '';
    return [{ name, operation, variables: next?.[1] === 'json' ? (next[2] ?? '{}') : '{}' }];
  });
}
