import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodes } from '../../cli/exitCodes.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';

const folder = join(packageRoot, 'deploy', 'systemd');
const settingOf = (text: string, key: string): string | undefined => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1];

describe.each(await readdir(folder))('%s', (name) => {
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
