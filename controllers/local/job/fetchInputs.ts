import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { join } from 'node:path';

/** An input file to fetch. */
interface InputToFetch {
  readonly path: string;
  readonly url: string;
  readonly sha256: string;
}

/** An input that cannot be had; the message is fit for the job's owner. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

const ATTEMPTS = 3;

/**
 * Fetches a job's inputs into its working directory and compares their SHA-256.
 * @param bytesMax how much they may be together
 * @throws InputError
 */
export async function fetchInputs(
  work: string,
  inputs: readonly InputToFetch[],
  bytesMax: number,
  signal: AbortSignal,
): Promise<void> {
  let bytesLeft = bytesMax;
  for (const input of inputs) {
    // Tollgate has looked at the name as well; a controller trusts no path that it is told.
    if (!/^[^/\\\0]+$/.test(input.path) || input.path === '.' || input.path === '..') {
      throw new InputError('An input file has a name that is not a plain file name.');
    }
    bytesLeft -= await fetchAgain(join(work, input.path), input, bytesLeft, signal);
  }
}

async function fetchAgain(target: string, input: InputToFetch, bytesMax: number, signal: AbortSignal): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await fetchOne(target, input, bytesMax, signal);
    } catch (error) {
      if (error instanceof InputError || attempt === ATTEMPTS || signal.aborted) throw inputError(input, error);
    }
  }
}

const inputError = (input: InputToFetch, error: unknown): InputError =>
  error instanceof InputError ? error : new InputError(`The input file ${input.path} could not be fetched.`);

async function fetchOne(target: string, input: InputToFetch, bytesMax: number, signal: AbortSignal): Promise<number> {
  const response = await fetch(input.url, { redirect: 'error', signal });
  if (response.status !== 200 || response.body === null) throw new Error(`status ${response.status}`);
  const file = await open(target, 'w', 0o600);
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw new InputError('The input files are larger than the space a job has.');
      hash.update(chunk);
      await file.writeFile(chunk);
    }
  } finally {
    await file.close();
  }
  if (hash.digest('hex') !== input.sha256.toLowerCase()) throw new Error('checksum');
  return bytes;
}
