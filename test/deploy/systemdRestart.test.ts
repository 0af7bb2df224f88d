import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Setting } from '../../cli/configuration/setting.js';
import { general } from '../../cli/configuration/settings/general.js';
import { exitCodes } from '../../cli/exitCodes.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { DRAIN_MAX_MS } from '../../platform/server/httpServer.js';

const folder = join(packageRoot, 'deploy', 'systemd');
const settingOf = (text: string, key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];
const isDrain = ({ variable }: Setting): boolean => variable === 'TOLLGATE_DRAIN_SECONDS';

describe.each(await readdir(folder))('%s', (name) => {
  it('runs as a user without rights, and has the time that a stop takes before it is killed', async () => {
    const text = await readFile(join(folder, name), 'utf8');
    expect(settingOf(text, 'User')).toBe('tollgate');
    expect(settingOf(text, 'Group')).toBe('tollgate');
    expect(settingOf(text, 'NoNewPrivileges')).toBe('yes');
    // The signal to end is for the program alone, which ends its own, the database last.
    expect(settingOf(text, 'KillMode')).toBe('mixed');
    expect(settingOf(text, 'KillSignal') ?? 'SIGTERM').toBe('SIGTERM');
    const [, drainSecondsMax] = /0 to (\d+)/.exec(general.settings.find(isDrain)?.about ?? '') ?? [];
    const stopSeconds = Number(drainSecondsMax) + DRAIN_MAX_MS / 1_000;
    // And the database's own.
    expect(Number(settingOf(text, 'TimeoutStopSec'))).toBeGreaterThan(stopSeconds + 10);
  });

  it('is started again where what it waits for is not there, however long, and not where it is configured wrongly', async () => {
    const text = await readFile(join(folder, name), 'utf8');
    expect(settingOf(text, 'Restart')).toBe('on-failure');
    expect(settingOf(text, 'RestartForceExitStatus')).toBe(String(exitCodes.tryAgain));
    expect(settingOf(text, 'RestartPreventExitStatus')).toBe(String(exitCodes.cannotStart));
    expect(Number(settingOf(text, 'RestartSec'))).toBeGreaterThan(0);
    // systemd gives up after five starts in ten seconds otherwise.
    expect(settingOf(text, 'StartLimitIntervalSec')).toBe('0');
  });
});
