import { setTimeout as sleep } from 'node:timers/promises';
import { expected, type GraphFault, type Stage } from './stage.js';

/** A refusal with what each concrete kind adds. */
interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly shortfall?: Money;
  readonly available?: Money;
}

/** An amount as the graph writes it. */
export interface Money {
  readonly amount: string;
  readonly unit: string;
}

/** The answer of any mutation: its payload has the thing or a refusal. */
type Payload<Thing> = Thing & { readonly refusal: Refusal | null };

/** What every document of the tour asks of a refusal. */
const REFUSAL = `refusal { code message ... on InsufficientFunds { shortfall { amount unit } available { amount unit } } }`;

/** Runs a query that must be answered in full. @throws TourFailure naming the first error */
export async function query<Data>(
  stage: Stage,
  document: string,
  variables: Readonly<Record<string, unknown>>,
  token: string | null,
): Promise<Data> {
  const { data, errors } = await stage.client.ask<Data>(document, variables, token);
  const [error] = errors;
  expected(error === undefined, `The graph answered ${error?.extensions.code}: ${error?.message}`);
  expected(data !== null, 'The graph answered nothing.');
  return data;
}

/**
 * Runs a mutation and gives its payload, refused or not.
 * @param selection what to ask of the payload beside the refusal
 * @throws TourFailure where the graph answers with an error instead
 */
export async function attempt<Thing>(
  stage: Stage,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
  selection: string,
  token: string | null,
): Promise<Payload<Thing>> {
  const data = await query<Record<string, Payload<Thing>>>(
    stage,
    mutationDocument(mutation, selection),
    { input },
    token,
  );
  const payload = data[mutation];
  expected(payload !== undefined, `The answer has no ${mutation}.`);
  return payload;
}

/** Runs a mutation that must succeed. @throws TourFailure with the refusal */
export async function succeed<Thing>(
  stage: Stage,
  mutation: string,
  input: Readonly<Record<string, unknown>>,
  selection: string,
  token: string | null,
): Promise<Thing> {
  const payload = await attempt<Thing>(stage, mutation, input, selection, token);
  expected(
    payload.refusal === null,
    `${mutation} was refused with ${payload.refusal?.code}: ${payload.refusal?.message}`,
  );
  return payload;
}

/** Runs an operation that must fail at the top level, and gives that error with the HTTP status. */
export async function fault(
  stage: Stage,
  document: string,
  variables: Readonly<Record<string, unknown>>,
  token: string | null,
): Promise<GraphFault & { readonly status: number }> {
  const { status, errors } = await stage.client.ask(document, variables, token);
  const [error] = errors;
  expected(error !== undefined, 'The graph answered where it had to refuse.');
  return { ...error, status };
}

/** The document of one mutation with one input. */
export function mutationDocument(mutation: string, selection: string): string {
  const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
  return `mutation Tour($input: ${type}!) { ${mutation}(input: $input) { ${selection} ${REFUSAL} } }`;
}

const POLL_MS = 250;

/** Asks again until something is there. @throws TourFailure with the sentence after so many seconds */
export async function eventually<Value>(
  seconds: number,
  sentence: string,
  look: () => Promise<Value | null>,
): Promise<Value> {
  const giveUpAt = Date.now() + seconds * 1000;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    expected(Date.now() < giveUpAt, sentence);
    await sleep(POLL_MS);
  }
}
