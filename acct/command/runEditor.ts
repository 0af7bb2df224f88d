import { spawn } from 'node:child_process';
import { AcctError } from '../acctError.js';

const endings = [
  ['SIGHUP', 1],
  ['SIGTERM', 15],
] as const;
const STATUS_OF_SIGNAL = 128;

/** The command was told to end while the editor was open. */
export class Interrupted extends Error {
  readonly exitCode: number;

  constructor(number: number) {
    super('interrupted');
    this.exitCode = STATUS_OF_SIGNAL + number;
  }
}

/**
 * Opens a file in the person's editor and waits. Ctrl-C is the editor's own; when this process is told to end, the
 * editor is too.
 * @param editor a command with words, such as `code --wait`; the shell splits them as git does
 * @throws AcctError EDITOR_FAILED; Interrupted
 */
export async function runEditor(editor: string, file: string): Promise<void> {
  const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'acct-editor', file], { stdio: 'inherit' });
  const ignore = (): void => undefined;
  const forget: (() => void)[] = [];
  const listen = (signal: NodeJS.Signals, listener: () => void): void => {
    process.on(signal, listener);
    forget.push(() => process.off(signal, listener));
  };
  listen('SIGINT', ignore);
  listen('SIGQUIT', ignore);
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
      for (const [signal, number] of endings) {
        listen(signal, () => {
          child.kill(signal);
          // An editor that ignores the signal is not waited for.
          child.unref();
          reject(new Interrupted(number));
        });
      }
    });
    if (status !== 0) {
      throw new AcctError('EDITOR_FAILED', `The editor ended with status ${status ?? 'none'}; the file is unchanged.`);
    }
  } finally {
    for (const stop of forget) stop();
  }
}
