import { type ChildProcess, spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { packageRoot } from '../platform/kernel/packageRoot.js';
import { makeRunFolder } from '../platform/server/runDirectory.js';
import { exitCodes } from './exitCodes.js';
import type { StartVoice } from './runUntilSignal.js';

/** Where a start in the background writes what it would say in a terminal, below the data folder. */
const OUTPUT_FILE = join('run', 'output.log');

const messageSchema = z.object({ ready: z.string() });

/**
 * Starts in the background: `tollgate start` with these words as a process of its own, which outlives this one. Returns when
 * it is ready, or has ended because it cannot start.
 * @returns the exit code: 0; the one that it ended with; 130 where it was stopped before it was ready
 */
export async function startDetached(home: string, words: readonly string[], voice: StartVoice): Promise<number> {
  await makeRunFolder(home);
  const file = join(home, OUTPUT_FILE);
  // What an instance that runs there already has written, and writes on, stays.
  const output = await open(file, 'a', 0o600);
  const { size: before } = await output.stat();
  const child: ChildProcess = spawn(process.execPath, [join(packageRoot, 'cli', 'tollgate.mjs'), 'start', ...words], {
    detached: true,
    stdio: ['ignore', output.fd, output.fd, 'ipc'],
  });
  await output.close();
  const text = await new Promise<string | number>((resolve) => {
    child.on('message', (message) => {
      const parsed = messageSchema.safeParse(message);
      if (parsed.success) resolve(parsed.data.ready);
    });
    child.once('exit', (code) => resolve(code ?? exitCodes.cannotStart));
  });
  if (typeof text === 'number') {
    voice.tell((await readFile(file)).subarray(before).toString('utf8'));
    return text === exitCodes.done ? exitCodes.interrupted : text;
  }
  child.disconnect();
  child.unref();
  voice.tell(
    `${text}It runs in the background as process ${child.pid}, writing to ${file}; "tollgate stop" ends it.\n`,
  );
  return exitCodes.done;
}

/** The voice of a start in a terminal, or in the background of one that waits for it to be ready. */
export const terminalVoice: StartVoice = {
  tell: (text) => void process.stdout.write(text),
  ready(text) {
    // Who waits for it in another process says itself how it ends.
    const isAlone = process.send === undefined;
    process.stdout.write(isAlone ? `${text}Ctrl-C stops.\n` : `${text}"tollgate stop" ends it.\n`);
    process.send?.({ ready: text });
  },
  refuse: (message) => void process.stderr.write(`tollgate: ${message.replaceAll('\n', '\ntollgate: ')}\n`),
};
