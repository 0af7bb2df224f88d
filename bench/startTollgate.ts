import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { packageRoot } from '../platform/kernel/packageRoot.js';
import { residentBytesBelow } from './memory.js';

/** One start of the whole program. */
export interface StartFigure {
  readonly seconds: number;
  /** Of all its processes together, shared pages counted once; null where it was not asked for. */
  readonly bytes: number | null;
}

const IDLE_MS = 3_000;

/**
 * Starts the built program on a home, until it answers a query correctly, then stops it.
 * @param measureMemory whether to look at its memory after some idle seconds
 */
export async function startTollgate(home: string, measureMemory = false): Promise<StartFigure> {
  const began = performance.now();
  const child = spawn(process.execPath, [join(packageRoot, 'cli', 'tollgate.mjs'), 'start'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], TOLLGATE_HOME: home, TOLLGATE_PORT: '0' },
  });
  const ended = once(child, 'exit');
  try {
    return await measure(child, home, { began, measureMemory });
  } finally {
    child.kill('SIGINT');
    await ended;
  }
}

async function measure(
  child: ChildProcessByStdio<null, Readable, null>,
  home: string,
  { began, measureMemory }: { readonly began: number; readonly measureMemory: boolean },
): Promise<StartFigure> {
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
      const found = /GraphQL\s+(\S+)\/graphql/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('exit', () => reject(new Error(`The program ended before it was ready:\n${output}`)));
  });
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ viewer { scopes } }' }),
  });
  const body = (await answer.json()) as { data?: { viewer: null } };
  const seconds = (performance.now() - began) / 1000;
  if (body.data?.viewer !== null) {
    throw new Error(`The run is void, the first answer is wrong: ${JSON.stringify(body)}`);
  }
  if (!measureMemory) return { seconds, bytes: null };
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return { seconds, bytes: await residentBytesBelow(child.pid ?? 0, home) };
}
