import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLogFile, readLogFile } from '../../cli/logFile.js';
import { startProgram } from '../support/program.js';

/** pino's number. */
const DEBUG = 20;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-log-'));
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('a log file', () => {
  it('is begun anew when it has grown, and keeps as many earlier ones as it is told', async () => {
    const path = join(folder, 'logs', 'tollgate.log');
    const { stream, close } = await openLogFile({ path, bytesMax: 10_000, backups: 3 });
    const line = `${'x'.repeat(99)}\n`;
    // One at a time, since what is written at once stays in one file.
    for (let n = 0; n < 1_000; n += 1) {
      await new Promise<void>((resolve, reject) => {
        stream.write(line, (error) => (error ? reject(error) : resolve()));
      });
    }
    await close();
    const files = (await readdir(join(folder, 'logs'))).sort();
    expect(files).toEqual(['tollgate.log', 'tollgate.log.1', 'tollgate.log.2', 'tollgate.log.3']);
    for (const file of files) {
      const { length } = await readFile(join(folder, 'logs', file));
      expect(length).toBeLessThanOrEqual(10_000 + line.length);
    }
  });

  it.each([
    ['a folder', () => folder, 'EISDIR'],
    ['no file at all', () => '/dev/null', 'no file that can be rotated'],
    ['where none can be made', () => '/proc/tollgate.log', 'ENOENT'],
  ])('is refused where its name is that of %s', async (_what, path, reason) => {
    await expect(openLogFile({ path: path(), bytesMax: 10_000, backups: 1 })).rejects.toThrow(
      `TOLLGATE_LOG_FILE: ${path()} cannot be written (${reason}); make it so for this user, or name another file.`,
    );
  });

  it('is on standard error unless named', () => {
    expect(readLogFile({})).toBeNull();
    expect(readLogFile({ TOLLGATE_LOG_FILE: '/l' })).toEqual({ path: '/l', bytesMax: 2_500_000, backups: 5 });
  });

  it.each([
    [{ TOLLGATE_LOG_FILE: 'relative' }, 'TOLLGATE_LOG_FILE must be an absolute path'],
    [{ TOLLGATE_LOG_MAX_BYTES: '9' }, 'TOLLGATE_LOG_MAX_BYTES must be a whole number of bytes'],
    [{ TOLLGATE_LOG_BACKUPS: '0' }, 'TOLLGATE_LOG_BACKUPS must be a whole number'],
  ])('is refused with its variable: %j', (variables, message) => {
    expect(() => readLogFile(variables)).toThrow(message);
  });

  it('that cannot be made stops the start with one sentence', async () => {
    await writeFile(join(folder, 'file'), '');
    const program = startProgram(['start', 'database'], {
      TOLLGATE_HOME: join(folder, 'home'),
      TOLLGATE_LOG_FILE: join(folder, 'file', 'tollgate.log'),
    });
    expect((await program.ended).code).toBe(1);
    expect(program.output()).toMatch(
      /^tollgate: TOLLGATE_LOG_FILE: .*tollgate\.log cannot be written \(.*; make it so/m,
    );
  });

  it('is standard error where none is named, and standard output is for people', async () => {
    const program = startProgram(['start', '--debug', 'gateway'], {
      TOLLGATE_HOME: join(folder, 'home'),
      TOLLGATE_LOG_LEVEL: 'error',
      TOLLGATE_PORT: '0',
    });
    await program.waitFor(/Ready: gateway/);
    expect(await program.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const [errors, all] = [program.errorOutput().trim().split('\n'), program.output().trim().split('\n')];
    // --debug goes over the environment: its lines are below `error`.
    expect(errors.map((line) => JSON.parse(line).level)).toContain(DEBUG);
    expect(all.filter((line) => line.includes('"service"'))).toEqual(errors);
  });

  it('takes what the services log, in place of standard error', async () => {
    const path = join(folder, 'tollgate.log');
    const home = join(folder, 'home');
    const program = startProgram(['start'], {
      TOLLGATE_HOME: home,
      TOLLGATE_LOG_FILE: path,
      TOLLGATE_LOG_LEVEL: 'debug',
      TOLLGATE_PORT: '0',
    });
    await program.waitFor(/Tollgate is ready/);
    expect(await program.end('SIGTERM')).toEqual({ code: 0, signal: null });
    const lines = (await readFile(path, 'utf8')).trim().split('\n');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(JSON.parse(line)).toHaveProperty('service');
    expect(program.output()).not.toContain('"service"');
  });
});
