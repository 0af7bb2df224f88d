import { readFile } from 'node:fs/promises';

/** When a process began, to tell it from a later one with the same id; empty where there is none. */
export async function startTimeOf(pid: number): Promise<string> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may have spaces; the start time is the 20th field behind it.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // One that has ended and that nobody has collected yet is gone.
    return state === 'Z' ? '' : (fields[18] ?? '');
  } catch {
    return process.platform === 'linux' ? '' : aliveMark(pid);
  }
}

/** Without /proc only the id can be looked at. */
function aliveMark(pid: number): string {
  try {
    process.kill(pid, 0);
    return 'alive';
  } catch {
    return '';
  }
}
