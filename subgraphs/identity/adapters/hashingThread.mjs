// A thread that hashes passwords, one at a time; hashingThreads.ts starts it.
import { setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';

/** Far enough below the rest that whoever else wants a core gets it at once. */
const NICENESS = 10;

// Of this thread alone: so Linux takes it. Elsewhere it would be the whole process's.
if (process.platform === 'linux') {
  try {
    setPriority(NICENESS);
  } catch {
    // A sandbox may forbid it; then it hashes with the priority of the rest.
  }
}

/** @param {import('./hashingThreads.js').HashingTask} task */
function work(task) {
  return 'stored' in task ? verifySync(task.stored, task.password) : hashSync(task.password, task.parameters);
}

parentPort?.on('message', (/** @type {import('./hashingThreads.js').HashingTask} */ task) => {
  try {
    parentPort?.postMessage({ value: work(task) });
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : 'the hash failed' });
  }
});
