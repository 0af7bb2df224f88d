import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import { type Environment, readEnvironment } from '../environment.js';
import { httpClient } from './httpClient.js';
import { oneTimeCodes } from './oneTimeCodes.js';
import { TourFailure } from './stage.js';
import type { OperatorCredentials } from './steps/operatorLogsIn.js';
import { playStory } from './story.js';

const credentialsSchema = z.object({ username: z.string(), password: z.string(), totpSecret: z.string() });

process.exitCode = await tour();

/** Plays the story against the running instance and tells each step. @returns the exit code */
async function tour(): Promise<number> {
  let steps = 0;
  const narrate = (line: string): void => {
    steps += 1;
    process.stdout.write(`${String(steps).padStart(3)}. ${line}\n`);
  };
  try {
    const { TOLLGATE_HOME, TOLLGATE_HOST, TOLLGATE_PORT } = process.env;
    const environment = readEnvironment({ TOLLGATE_HOME, TOLLGATE_HOST, TOLLGATE_PORT }, process.getuid?.());
    const stage = {
      client: httpClient(await gatewayUrlOf(environment)),
      codes: oneTimeCodes(),
      narrate,
      run: randomBytes(5).toString('hex'),
    };
    await playStory(stage, await operatorOf(environment.home), environment.home);
    process.stdout.write('\nThat was Tollgate: every step went as expected.\n');
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe tour ended: ${sentenceOf(error)}\n`);
    return 1;
  }
}

/** Where the gateway of this home listens: as it announced, else at the default address. */
async function gatewayUrlOf({ home, host, gatewayPort }: Environment): Promise<string> {
  return announcedUrl(home, 'gateway').catch(() => `http://${host}:${gatewayPort}`);
}

async function operatorOf(home: string): Promise<OperatorCredentials> {
  const path = join(home, 'operator.json');
  const content = await readFile(path, 'utf8').catch(() => {
    throw new TourFailure(`${path} cannot be read. Start Tollgate first ("npm start"), with the same TOLLGATE_HOME.`);
  });
  return credentialsSchema.parse(JSON.parse(content));
}

function sentenceOf(error: unknown): string {
  if (error instanceof TypeError && error.message === 'fetch failed') {
    return 'Tollgate does not answer. Start it first ("npm start"), with the same TOLLGATE_HOME and TOLLGATE_PORT.';
  }
  return error instanceof Error ? error.message : String(error);
}
