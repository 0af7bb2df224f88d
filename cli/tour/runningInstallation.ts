import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { isLoopback } from '../../platform/kernel/loopback.js';
import { parseJson } from '../../platform/kernel/parseJson.js';
import { runningUrl } from '../../platform/server/runDirectory.js';
import type { Environment } from '../environment.js';
import { TourFailure } from './stage.js';
import type { OperatorCredentials } from './steps/operatorLogsIn.js';

const credentialsSchema = z.object({ username: z.string(), password: z.string(), totpSecret: z.string() });

/**
 * Where the gateway that runs on this home listens. Credentials go there, so nobody else is asked in its place.
 * @throws TourFailure where none runs, or where what is sent could be read on the way
 */
export async function gatewayUrlOf({ home }: Environment): Promise<string> {
  const url = await runningUrl(home, 'gateway').catch(() => {
    throw new TourFailure(
      `No gateway runs on ${home}. Start Tollgate first ("npm start"), with the same TOLLGATE_HOME.`,
    );
  });
  const { hostname, port } = new URL(url);
  // It listens on every address, or on one of a network: this machine's own is among them, or it is not the one to send to.
  if (hostname === '0.0.0.0' || hostname === '[::]') return `http://127.0.0.1:${port}`;
  if (url.startsWith('https:') || isLoopback(url)) return url;
  throw new TourFailure(
    `${url} is no address of loopback, and what is sent there can be read; set TOLLGATE_URL to one with TLS.`,
  );
}

/**
 * Reads an operator's credentials from a file such as `operator.json`.
 * @throws TourFailure in one sentence, without anything that stands in the file
 */
export async function readOperator(path: string): Promise<OperatorCredentials> {
  const content = await readFile(path, 'utf8').catch(() => {
    throw new TourFailure(`${path} cannot be read. Start Tollgate first ("npm start"), with the same TOLLGATE_HOME.`);
  });
  const parsed = credentialsSchema.safeParse(parseJson(content));
  if (parsed.success) return parsed.data;
  throw new TourFailure(`${path} has not the form of operator.json: username, password and totpSecret.`);
}

/** What went wrong with a running installation, in one sentence. */
export function sentenceOf(error: unknown): string {
  if (error instanceof TypeError && error.message === 'fetch failed') {
    return 'Tollgate does not answer. Start it first ("npm start"), with the same TOLLGATE_HOME and TOLLGATE_PORT.';
  }
  return error instanceof Error ? error.message : String(error);
}
