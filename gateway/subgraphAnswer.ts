import { z } from 'zod';
import { Fault, type FaultCode } from '../platform/kernel/faults.js';
import { parseJson } from '../platform/kernel/parseJson.js';

/** What a subgraph may answer as GraphQL; its extensions (traces, plans) are not looked at. */
const answerSchema = z.object({
  data: z.record(z.string(), z.unknown()).nullish(),
  errors: z
    .array(
      z.object({
        message: z.string(),
        path: z.array(z.union([z.string(), z.number()])).optional(),
        extensions: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .optional(),
});

/** A subgraph's answer as the gateway trusts it. */
export interface SubgraphAnswer {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly SubgraphFault[];
}

/** A fault that a subgraph reported, at its place in the subgraph's answer. */
export class SubgraphFault extends Fault {
  override readonly path: readonly (string | number)[] | undefined;

  constructor(
    code: FaultCode,
    message: string,
    extensions: Readonly<Record<string, unknown>>,
    path: readonly (string | number)[] | undefined,
  ) {
    super(code, message, extensions);
    this.path = path;
  }
}

const PUBLIC_CODES: readonly FaultCode[] = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'RATE_LIMITED',
  'LIMIT_EXCEEDED',
  'SUBGRAPH_UNAVAILABLE',
  // Only a whole answer has it: the gateway's own assertion was refused.
  'ASSERTION_INVALID',
];
const PUBLIC_EXTENSIONS = ['service', 'limit', 'retryAfterSeconds'] as const;

/** Reads a subgraph's answer; null where it is not GraphQL's form. Only public codes and extensions survive. */
export function readSubgraphAnswer(body: Buffer): SubgraphAnswer | null {
  const parsed = answerSchema.safeParse(parseJson(body.toString('utf8')));
  if (!parsed.success) return null;
  const { data, errors } = parsed.data;
  // GraphQL's form asks for one of the two.
  if (data === undefined && errors === undefined) return null;
  return { data: data ?? null, errors: (errors ?? []).map(toFault) };
}

function toFault(error: {
  message: string;
  path?: (string | number)[] | undefined;
  extensions?: Record<string, unknown> | undefined;
}): SubgraphFault {
  const code = PUBLIC_CODES.find((known) => known === error.extensions?.['code']);
  if (code === undefined)
    return new SubgraphFault('INTERNAL', 'Something went wrong here; it has been logged.', {}, error.path);
  const extensions = Object.fromEntries(
    PUBLIC_EXTENSIONS.filter((name) => error.extensions?.[name] !== undefined).map((name) => [
      name,
      error.extensions?.[name],
    ]),
  );
  return new SubgraphFault(code, error.message, extensions, error.path);
}
