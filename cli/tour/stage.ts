import type { OneTimeCodes } from './oneTimeCodes.js';

/** What a top-level error of the graph tells. */
export interface GraphFault {
  readonly message: string;
  readonly extensions: { readonly code: string } & Readonly<Record<string, unknown>>;
}

/** What the graph answered. */
export interface GraphAnswer<Data> {
  readonly status: number;
  readonly data: Data | null;
  readonly errors: readonly GraphFault[];
}

/** The public interfaces of an installation, as any client has them. */
export interface TourClient {
  /** Runs one operation through the gateway. @param token the caller's access token; null: nobody's */
  ask<Data>(
    document: string,
    variables: Readonly<Record<string, unknown>>,
    token: string | null,
  ): Promise<GraphAnswer<Data>>;
  /** Sends one part to its signed URL and tells the HTTP status. */
  put(url: string, headers: Readonly<Record<string, string>>, bytes: Uint8Array): Promise<number>;
  /** Reads a signed URL. @param range for example `bytes=0-1023`; absent: everything */
  get(url: string, range?: string): Promise<{ readonly status: number; readonly bytes: Uint8Array }>;
}

/** Where the steps play: the same for the tour and for the journeys in the tests. */
export interface Stage {
  readonly client: TourClient;
  readonly codes: OneTimeCodes;
  /** Says in plain words what happened. */
  narrate(line: string): void;
  /** Makes names and idempotency keys of this run unlike those of any other. */
  readonly run: string;
}

/** A step that did not go as expected; the message is one clear sentence. */
export class TourFailure extends Error {
  override readonly name = 'TourFailure';
}

/** Sees to it that something is as expected. @throws TourFailure with the sentence */
export function expected(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new TourFailure(sentence);
}
