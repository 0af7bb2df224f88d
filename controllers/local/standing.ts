import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../../platform/kernel/files.js';
import { parseJson } from '../../platform/kernel/parseJson.js';
import type { Logger } from '../../platform/server/log.js';
import { makeRunFolder } from '../../platform/server/runDirectory.js';
import { startTimeOf } from '../../platform/server/startTimeOf.js';

const schema = z.object({
  pid: z.number().int(),
  /** Tells the process from a later one with the same id. */
  mark: z.string(),
  startedAt: z.iso.datetime(),
  /** The gateway that it calls; null: none runs. */
  gateway: z.string().nullable(),
  /** Whether its last heartbeat got there; null: there was none yet. */
  isReached: z.boolean().nullable(),
  /** Why not. */
  reason: z.string().nullable(),
});
type Saying = z.infer<typeof schema>;

/** Where the controller says how it is, since it listens nowhere: `run/controller.json` in the home. */
export interface Standing {
  /** A heartbeat got to Tollgate. */
  reached(): Promise<void>;
  /** One did not. */
  missed(error: unknown): Promise<void>;
  /** Takes it back. */
  end(): Promise<void>;
}

const fileOf = (home: string): string => join(home, 'run', 'controller.json');

/**
 * Begins to say how the controller is. It is written when it changes, and a change is logged.
 * @throws ServiceStartError where the home is another user's
 */
export async function openStanding(home: string, gatewayUrl: () => Promise<string>, log: Logger): Promise<Standing> {
  await makeRunFolder(home);
  const { pid } = process;
  const self = { pid, mark: await startTimeOf(pid), startedAt: new Date().toISOString() };
  let written = '';
  const say = async (isReached: boolean | null, reason: string | null): Promise<void> => {
    const gateway = await gatewayUrl().catch(() => null);
    const text = JSON.stringify({ ...self, gateway, isReached, reason } satisfies Saying);
    if (text === written) return;
    if (isReached === false) log.warn({ gateway, reason }, 'the controller does not reach Tollgate');
    if (isReached === true) log.info({ gateway }, 'the controller reaches Tollgate');
    // A disk that is full for a moment must not end the jobs.
    await writeFileAtomically(fileOf(home), text, 0o600).then(
      () => {
        written = text;
      },
      (error: unknown) => log.warn({ err: error }, 'the controller cannot say how it is'),
    );
  };
  await say(null, null);
  return {
    reached: () => say(true, null),
    missed: (error) => say(false, error instanceof Error ? error.message : String(error)),
    end: () => rm(fileOf(home), { force: true }),
  };
}

/** What the controller that runs on a home said last; null: none runs, or it has not said anything yet. */
export async function readStanding(home: string): Promise<Omit<Saying, 'mark'> | null> {
  const text = await readFile(fileOf(home), 'utf8').catch(() => 'null');
  const said = schema.safeParse(parseJson(text));
  if (!said.success) return null;
  const { mark, ...rest } = said.data;
  return mark !== '' && (await startTimeOf(rest.pid)) === mark ? rest : null;
}
