import { GraphQLError, type ValidationRule } from 'graphql';
import { type Fault, limitExceeded } from '../platform/kernel/faults.js';
import { limits } from '../platform/kernel/limits.js';
import { type Measure, measureDocument } from './measureDocument.js';

/** As many fields as the tokens would allow without fragments: fragments save writing, they do not buy more work. */
const SELECTIONS_MAX = limits.tokensMax;

/** Each limit by its public name, in the order in which they are told. */
const checks: readonly {
  readonly name: string;
  readonly maximum: number;
  readonly unit: string;
  figure(measure: Measure): number;
}[] = [
  {
    name: 'depth',
    maximum: limits.depthMax,
    unit: 'nested levels',
    figure: ({ depth, valueDepth }) => Math.max(depth, valueDepth),
  },
  { name: 'aliases', maximum: limits.aliasesMax, unit: 'aliases', figure: ({ aliases }) => aliases },
  { name: 'rootFields', maximum: limits.rootFieldsMax, unit: 'root fields', figure: ({ rootFields }) => rootFields },
  { name: 'directives', maximum: limits.directivesMax, unit: 'directives', figure: ({ directives }) => directives },
  { name: 'selections', maximum: SELECTIONS_MAX, unit: 'fields', figure: ({ selections }) => selections },
];

/**
 * Refuses a document that is too large, naming the limit, before anything is planned or executed. It is a validation
 * rule, so that a document that was found good is not measured again while the server remembers it.
 */
export const queryLimits: ValidationRule = (context) => {
  const measure = measureDocument(context.getDocument());
  const broken = checks.find(({ maximum, figure }) => figure(measure) > maximum);
  if (broken !== undefined) context.reportError(tooLarge(broken.name, broken.maximum, broken.unit));
  return {};
};

/** Refuses an alias that would mean something else than a name to JavaScript programs that read the answer. */
export const noPrototypeAlias: ValidationRule = (context) => ({
  Field(node) {
    if (node.alias?.value !== '__proto__') return;
    context.reportError(new GraphQLError('"__proto__" cannot be an alias.', { nodes: node.alias }));
  },
});

/** What the parser is told: beyond it the text is not read. */
export const parseOptions = { maxTokens: limits.tokensMax };

/** The limit that made parser or validation give up on a document, or null where the document is just wrong. */
export function givenUpLimitOf(error: unknown): Fault | null {
  const cause = rootCause(error);
  // Nesting that the parser's own recursion cannot follow is far beyond the depth limit.
  if (cause instanceof RangeError) return tooLarge('depth', limits.depthMax, 'nested levels');
  if (!(cause instanceof Error)) return null;
  if (cause.message.includes(`more that ${limits.tokensMax} tokens`)) {
    return tooLarge('tokens', limits.tokensMax, 'tokens');
  }
  // The library counts the comparisons of fields with one name, and stops before they become quadratic.
  if (cause.message === 'Validation aborted.') return tooLarge('selections', SELECTIONS_MAX, 'comparisons of fields');
  return null;
}

function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined ? rootCause(error.originalError) : error;
}

/** The refusal of an operation that exceeds a limit. @param unit what is counted, in the plural */
export const tooLarge = (limit: string, maximum: number, unit: string): Fault =>
  limitExceeded(limit, `The operation has more than ${maximum} ${unit}; ask for less at once.`);
