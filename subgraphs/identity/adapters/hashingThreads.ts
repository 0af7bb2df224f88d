import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Options } from '@node-rs/argon2';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';

/** What a thread does: makes a hash, or compares a password with one. */
export type HashingTask =
  | { readonly password: string; readonly parameters: Options }
  | { readonly password: string; readonly stored: string };

/** Threads that do nothing but hash. */
export interface HashingThreads {
  hash(password: string, parameters: Options): Promise<string>;
  /** With the parameters that the hash says. */
  verify(stored: string, password: string): Promise<boolean>;
  /** Ends them. */
  close(): Promise<void>;
}

/** Plain JavaScript, so that it is the same file for the sources and for the build. */
const PROGRAM = join(packageRoot, 'subgraphs', 'identity', 'adapters', 'hashingThread.mjs');

/**
 * Hashes in threads of their own and not in Node's pool: there they would hold up files, name look-ups and signatures, and
 * take a core from the thread that answers as long as they run. These run with less priority, so that log-ins at
 * saturation take what the rest leaves. A thread is made when none is free, so that whoever calls decides how many.
 */
export function hashingThreads(): HashingThreads {
  const all = new Set<Worker>();
  const free: Worker[] = [];

  const make = (): Worker => {
    const thread = new Worker(PROGRAM);
    // Waiting threads keep no process alive.
    thread.unref();
    all.add(thread);
    thread.once('exit', () => {
      all.delete(thread);
      const position = free.indexOf(thread);
      if (position >= 0) free.splice(position, 1);
    });
    return thread;
  };

  const run = <Value>(task: HashingTask): Promise<Value> =>
    new Promise((resolve, reject) => {
      const thread = free.pop() ?? make();
      const settle = (): void => {
        thread.off('message', onMessage).off('error', onEnd).off('exit', onEnd);
        thread.unref();
      };
      const onMessage = (answer: { readonly value: Value } | { readonly error: string }): void => {
        settle();
        free.push(thread);
        if ('error' in answer) reject(new Error(answer.error));
        else resolve(answer.value);
      };
      const onEnd = (): void => {
        settle();
        reject(new Error('a hashing thread ended'));
      };
      thread.on('message', onMessage).on('error', onEnd).on('exit', onEnd);
      thread.ref();
      thread.postMessage(task);
    });

  return {
    hash: (password, parameters) => run<string>({ password, parameters }),
    verify: (stored, password) => run<boolean>({ password, stored }),
    close: async () => void (await Promise.all([...all].map((thread) => thread.terminate()))),
  };
}
