import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { exitCodes } from '../../../cli/exitCodes.js';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';

const run = promisify(execFile);
/** "nobody", in the place of the user that the units name; without root, whoever runs the test. */
const NOBODY = 65_534;

/** A unit that was started. */
export interface Unit {
  /** Resolves when it has said this; rejects with all it said when it ends otherwise than to be tried again. */
  waitFor(pattern: RegExp): Promise<void>;
  /** Sends the stop signal. @returns the exit code */
  stop(): Promise<number | null>;
}

/** A folder in the place of a machine, on which units do what systemd would. */
export interface Machine {
  /** Runs commands as root types them, but for those that change the machine itself. */
  type(commands: string): Promise<void>;
  /** Starts a unit by its command line, environment, user and file mask. @param instance what stands behind the @ */
  start(name: string, instance: string): Promise<Unit>;
  stopAll(): Promise<void>;
}

/** A unit of deploy/systemd as it stands there. */
export const unitText = (name: string): Promise<string> =>
  readFile(join(packageRoot, 'deploy', 'systemd', name), 'utf8');

/** Makes a machine. @param root a folder that everybody may pass */
export async function systemdMachine(root: string): Promise<Machine> {
  const isRoot = process.getuid?.() === 0;
  const [uid, gid] = isRoot ? [NOBODY, NOBODY] : [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const etc = join(root, 'etc', 'tollgate');
  const state = join(root, 'lib', 'tollgate');
  const placed = (text: string): string =>
    text
      .replaceAll('/opt/tollgate', packageRoot)
      .replaceAll('/etc/tollgate', etc)
      .replaceAll('/var/lib/tollgate', state);
  const running = new Set<ChildProcess>();
  let isOver = false;

  /** ConfigurationDirectory= and StateDirectory= (systemd.exec): the first is root's, the second the unit's user's. */
  async function makeFolders(unit: string): Promise<void> {
    await mkdir(etc, { recursive: true, mode: 0o755 });
    if (!isRoot) await chmod(etc, 0o555);
    await mkdir(state, { recursive: true });
    await chmod(state, Number.parseInt(settingOf(unit, 'StateDirectoryMode'), 8));
    if (isRoot) await chown(state, uid, gid);
  }

  return {
    async type(commands) {
      const lines = commands.split('\n').filter((line) => !/^(useradd|cp|systemctl) /.test(line));
      const script = placed(lines.join('\n')).replaceAll(/^node /gm, `${process.execPath} `);
      const asGroup = script.replaceAll(/^chgrp tollgate /gm, `chgrp ${gid} `);
      await run('/bin/sh', ['-euc', asGroup], { env: { PATH: process.env['PATH'] } });
    },

    async start(name, instance) {
      const unit = placed((await unitText(name)).replaceAll('%i', instance));
      await makeFolders(unit);
      if (settingOf(unit, 'User') === '' || settingOf(unit, 'User') === 'root') throw new Error(`${name} runs as root`);
      const words = settingOf(unit, 'ExecStart').replace('/usr/bin/node', process.execPath).split(' ');
      const [variable = '', value = ''] = settingOf(unit, 'Environment').split('=');
      let output = '';
      let child: ChildProcess;
      let stopped = false;
      const listeners = new Set<() => void>();
      let code: number | null | undefined;
      const launch = (): void => {
        child = spawn('/bin/sh', ['-c', `umask ${settingOf(unit, 'UMask')}; exec "$@"`, 'sh', ...words], {
          stdio: ['ignore', 'pipe', 'pipe'],
          env: { PATH: process.env['PATH'], [variable]: value, TOLLGATE_PORT: '0' },
          cwd: '/',
          uid,
          gid,
        });
        running.add(child);
        for (const stream of [child.stdout, child.stderr]) {
          stream?.on('data', (chunk: Buffer) => {
            output += chunk.toString('utf8');
            for (const listener of listeners) listener();
          });
        }
        child.once('close', (ending) => {
          running.delete(child);
          // RestartForceExitStatus=
          if (ending === exitCodes.tryAgain && !stopped && !isOver) return launch();
          code = ending;
          for (const listener of listeners) listener();
        });
      };
      launch();
      return {
        waitFor: (pattern) =>
          new Promise((resolve, reject) => {
            const look = (): void => {
              if (pattern.test(output)) resolve();
              else if (code !== undefined) reject(new Error(`${name} ${instance} ended with ${code}:\n${output}`));
              else return;
              listeners.delete(look);
            };
            listeners.add(look);
            look();
          }),
        async stop() {
          stopped = true;
          const ended = once(child, 'close');
          child.kill('SIGTERM');
          await ended;
          return code ?? null;
        },
      };
    },

    async stopAll() {
      isOver = true;
      await Promise.all(
        [...running].map(async (child) => {
          const ended = once(child, 'close');
          child.kill('SIGTERM');
          await ended;
        }),
      );
    },
  };
}

const settingOf = (text: string, key: string): string => new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1] ?? '';
