import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { configFileOption } from './configuration/configFileOption.js';
import { loadConfiguration, type Surroundings } from './configuration/loadConfiguration.js';
import { gatewayTrust } from './gatewayTrust.js';
import { mutationDocument } from './tour/graph.js';
import { httpClient } from './tour/httpClient.js';
import { oneTimeCodes } from './tour/oneTimeCodes.js';
import { gatewayUrlOf, readOperator, sentenceOf } from './tour/runningInstallation.js';
import { expected, type Stage } from './tour/stage.js';
import { operatorLogsIn } from './tour/steps/operatorLogsIn.js';

/** Answers after which the same call is sent again: its repetition finishes what was interrupted. */
const INTERRUPTED = new Set(['SUBGRAPH_UNAVAILABLE', 'INTERNAL']);
const REPETITIONS_MAX = 20;
const PAUSE_MS = 500;

interface RotateKekOptions {
  readonly config?: string;
  readonly operator?: string;
}

interface KeyEncryptionKey {
  readonly id: string;
  readonly createdAt: string;
}

/**
 * Adds `tollgate keys`: the keys below everything, changed while Tollgate serves.
 * @param surroundings with TOLLGATE_TOKEN in the environment, where that is who asks
 */
export function addKeysCommand(program: Command, surroundings: Surroundings): void {
  const keys = program.command('keys').description('Keys of a running Tollgate, for operators.');
  keys
    .command('rotate-kek')
    .description('Make a fresh key-encryption key and seal all secrets anew with it.')
    .addOption(configFileOption())
    .option('--operator <file>', "an operator's credentials, as in operator.json")
    .addHelpText(
      'after',
      "\nPrivate keys and TOTP secrets are sealed with a key in TOLLGATE_HOME. This\nreplaces it while identity serves, and prints the fresh key's id. What is\ninterrupted is finished by another run, or by identity's next start.\n\nWhere: the gateway that runs on TOLLGATE_HOME, or the one at TOLLGATE_URL.\n\nWho asks: the access token in TOLLGATE_TOKEN where it is set (an operator's\nwhole session), else the credentials in --operator, by default\nTOLLGATE_HOME/operator.json; that log-in is ended afterwards.\n\nA backup of the database from before needs the key file from before: back\nboth up again.\n\nExit codes: 0 rotated, 1 not.\n\nExample:\n  tollgate keys rotate-kek",
    )
    .action(async (options: RotateKekOptions) => {
      process.exitCode = await rotateKek(options, surroundings);
    });
}

async function rotateKek({ config, operator }: RotateKekOptions, surroundings: Surroundings): Promise<number> {
  try {
    const { TOLLGATE_TOKEN: token } = surroundings.environment;
    const request = { ...surroundings, file: config ?? null, options: new Map() };
    const { environment } = await loadConfiguration(request);
    const stage: Stage = {
      client: httpClient(environment.gatewayUrl ?? (await gatewayUrlOf(environment)), await gatewayTrust(environment)),
      codes: oneTimeCodes(),
      // Standard output has the result alone.
      narrate: (line) => void process.stderr.write(`${line}\n`),
      run: randomUUID(),
    };
    const key = token
      ? await rotate(stage, token)
      : await asOperator(stage, operator ?? join(environment.home, 'operator.json'));
    process.stdout.write(`${key.id}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`tollgate: ${sentenceOf(error)}\n`);
    return 1;
  }
}

async function asOperator(stage: Stage, file: string): Promise<KeyEncryptionKey> {
  const token = await operatorLogsIn(stage, await readOperator(file));
  try {
    return await rotate(stage, token);
  } finally {
    // What was rotated is rotated, whatever becomes of this.
    await logOut(stage, token).catch((error: unknown) =>
      stage.narrate(`The log-in was not ended: ${sentenceOf(error)}`),
    );
  }
}

async function logOut({ client }: Stage, token: string): Promise<void> {
  const answer = await client.ask<{ logOut: { refusal: { code: string } | null } | null }>(
    'mutation { logOut(input: {}) { refusal { code } } }',
    {},
    token,
  );
  const code = answer.errors[0]?.extensions.code ?? answer.data?.logOut?.refusal?.code;
  if (code !== undefined) throw new Error(`${code}; it ends by itself.`);
}

/** One key for all repetitions, so that they are one rotation. */
async function rotate(stage: Stage, token: string): Promise<KeyEncryptionKey> {
  const document = mutationDocument('rotateKeyEncryptionKey', 'keyEncryptionKey { id createdAt }');
  const variables = { input: { idempotencyKey: stage.run } };
  for (let repetitions = 0; ; repetitions += 1) {
    const { data, errors } = await stage.client
      .ask<{ rotateKeyEncryptionKey: { keyEncryptionKey: KeyEncryptionKey | null } | null }>(document, variables, token)
      .catch((error: unknown) => {
        if (!isCutOff(error) || repetitions >= REPETITIONS_MAX) throw error;
        return { data: null, errors: [{ message: 'no answer', extensions: { code: 'SUBGRAPH_UNAVAILABLE' } }] };
      });
    const key = data?.rotateKeyEncryptionKey?.keyEncryptionKey;
    if (key != null) return key;
    const [error] = errors;
    const mayRepeat = INTERRUPTED.has(error?.extensions.code ?? '') && repetitions < REPETITIONS_MAX;
    expected(mayRepeat, `The key was not rotated: ${error?.extensions.code ?? 'refused'} (${error?.message ?? ''})`);
    stage.narrate('The rotation was interrupted; finishing it.');
    await sleep(PAUSE_MS);
  }
}

/** A connection that was refused or lost: whether the call arrived is not known. */
const isCutOff = (error: unknown): boolean => error instanceof TypeError && error.message === 'fetch failed';
