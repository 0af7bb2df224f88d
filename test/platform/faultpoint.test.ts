import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { armFaults, faultpoint } from '../../platform/faultpoint.js';

describe('fault points', () => {
  it('do nothing unless armed', async () => {
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
  });

  it('fire once', async () => {
    armFaults('a.b.c=throw');
    await expect(faultpoint('a.b.d')).resolves.toBeUndefined();
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
  });

  it('fire as often as they say', async () => {
    armFaults('a.b.c=throw*2');
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
  });

  it.each(['a.b.c', 'a.b.c=explode', 'a.b.c=throw*0', '=kill,'])('refuse the plan %j', (plan) => {
    expect(() => armFaults(plan)).toThrow(/TOLLGATE_FAULTS/);
  });

  it('are armed in a running process by a file, and each firing is written down', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'faults-'));
    const file = join(folder, 'plan');
    armFaults(`file:${file}`);
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
    await writeFile(file, 'a.b.c=throw#1');
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
    await writeFile(file, 'a.b.c=throw#2');
    await expect(faultpoint('a.b.d')).resolves.toBeUndefined();
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await writeFile(file, 'a.b.c=throw*2#3');
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).rejects.toThrow('fault injected at a.b.c');
    await expect(faultpoint('a.b.c')).resolves.toBeUndefined();
    expect(await readFile(`${file}.fired`, 'utf8')).toBe('1\n2\n3\n3\n');
    armFaults('');
    await rm(folder, { recursive: true });
  });
});
