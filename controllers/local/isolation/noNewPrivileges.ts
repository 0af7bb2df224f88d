import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Becomes a command that no program with a set-user bit or file capabilities gives a right to (util-linux). */
export const noNewPrivileges: readonly string[] = ['setpriv', '--no-new-privs'];

/** Whether this machine has what that needs. */
export async function hasNoNewPrivileges(): Promise<boolean> {
  const [file = '', ...rest] = noNewPrivileges;
  const trial = spawn(file, [...rest, '/bin/sh', '-c', 'exit 0'], {
    env: { PATH: '/usr/bin:/bin' },
    stdio: 'ignore',
  });
  return once(trial, 'close').then(
    ([code]) => code === 0,
    () => false,
  );
}
