import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import type { Environment } from '../environment.js';
import { TourFailure } from './stage.js';
import type { OperatorCredentials } from './steps/operatorLogsIn.js';

const credentialsSchema = z.object({ username: z.string(), password: z.string(), totpSecret: z.string() });

/** Where the gateway of this home listens: as it announced, else at the default address. */
export async function gatewayUrlOf({ home, host, gatewayPort }: Environment): Promise<string> {
  return announcedUrl(home, 'gateway').catch(() => `http://${host}:${gatewayPort}`);
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

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
