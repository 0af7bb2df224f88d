import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadConfiguration } from '../configuration/loadConfiguration.js';
import { gatewayTrust } from '../gatewayTrust.js';
import { httpClient } from './httpClient.js';
import { oneTimeCodes } from './oneTimeCodes.js';
import { gatewayUrlOf, readOperator, sentenceOf } from './runningInstallation.js';
import { playStory } from './story.js';

process.exitCode = await tour();

/** Plays the story against the running instance and tells each step. @returns the exit code */
async function tour(): Promise<number> {
  let steps = 0;
  const narrate = (line: string): void => {
    steps += 1;
    process.stdout.write(`${String(steps).padStart(3)}. ${line}\n`);
  };
  try {
    const { environment } = await loadConfiguration({
      environment: process.env,
      uid: process.getuid?.(),
      file: process.env['TOLLGATE_CONFIG'] || null,
      options: new Map(),
    });
    const stage = {
      // Where a proxy stands in front, its address is told.
      client: httpClient(environment.gatewayUrl ?? (await gatewayUrlOf(environment)), await gatewayTrust(environment)),
      codes: oneTimeCodes(),
      narrate,
      run: randomBytes(5).toString('hex'),
    };
    await playStory(stage, await readOperator(join(environment.home, 'operator.json')), environment.home);
    process.stdout.write('\nThat was Tollgate: every step went as expected.\n');
    return 0;
  } catch (error) {
    process.stderr.write(`\nThe tour ended: ${sentenceOf(error)}\n`);
    return 1;
  }
}
