import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';

const PATIENCE_MS = 10_000;
const BYTES_MAX = 1_048_576;

/**
 * Reads a small text: a file, `-` for standard input, or an http(s) address.
 * @throws Error in one sentence where it cannot be read
 */
export async function readSource(source: string): Promise<string> {
  try {
    if (source === '-') return await text(process.stdin);
    if (!/^https?:\/\//.test(source)) return await readFile(source, 'utf8');
    const answer = await fetch(source, { signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const body = await answer.text();
    if (body.length > BYTES_MAX) throw new Error(`more than ${BYTES_MAX} bytes`);
    return body;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Error(`${source} cannot be read (${code ?? message}).`);
  }
}
