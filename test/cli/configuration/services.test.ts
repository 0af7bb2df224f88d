import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serviceNames } from '../../../platform/kernel/services.js';
import { makeHome, startProgram } from '../../support/program.js';

let home: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
});
afterEach(() => remove());

/** For each service a value that its own reader alone refuses, on line 2 of the file, and what is wrong with it. */
const WRONG = {
  identity: ['identity:\n  registration: perhaps', 'identity.registration', /must be open, closed, or /],
  accounting: ['accounting:\n  holdSecondsMax: 0', 'accounting.holdSecondsMax', /must be a number of seconds/],
  storage: ['storage:\n  objectsFolder: relative', 'storage.objectsFolder', /must be an absolute path/],
  compute: ['compute:\n  localTrusted: nobody', 'compute.localTrusted', /"nobody" is not a user's id/],
  access: ['access:\n  leaseMs: 1', 'access.leaseMs', /must be 100 to 99999/],
  gateway: ['general:\n  trustedProxies: [nowhere]', 'general.trustedProxies', /must be addresses or networks/],
} as const satisfies Record<(typeof serviceNames)[number], readonly [string, string, RegExp]>;

describe('what one service would refuse', () => {
  it('has an example for every service', () => {
    expect(Object.keys(WRONG).sort()).toEqual([...serviceNames].sort());
  });

  it.each(Object.entries(WRONG))(
    'is refused by `configuration show` and by the start of any other: %s',
    async (_service, [content, key, reason]) => {
      const file = join(home, 'tollgate.yaml');
      await mkdir(home);
      await writeFile(file, `${content}\n`, { mode: 0o600 });
      for (const words of [
        ['configuration', 'show'],
        ['start', 'database'],
      ]) {
        const program = startProgram(words, { TOLLGATE_HOME: home });
        expect((await program.ended).code, program.output()).toBe(1);
        expect(program.output()).toContain(`tollgate: ${key} (${file}:2)`);
        expect(program.output()).toMatch(reason);
      }
    },
  );
});
