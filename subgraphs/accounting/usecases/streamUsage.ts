import { setImmediate as nextTurn } from 'node:timers/promises';
import { actorName, type Viewer } from '../../../platform/auth/viewer.js';
import { Fault } from '../../../platform/kernel/faults.js';
import { formatMicros } from '../../../platform/kernel/money.js';
import { refusalRegistry } from '../../../platform/kernel/refusals/registry.js';
import { usageLimits } from '../domain/limits.js';
import type { UsageEntry, UsageOutcome } from '../domain/usage.js';
import { readUsageLine } from '../domain/usageLine.js';
import type { BlockOutcome } from './ports/usage.js';
import type { Call } from './ports.js';
import { type BlockDeps, nameOf, recordBlock } from './recordBlock.js';
import { requireMeter } from './usageRights.js';

/** One upload. */
export interface UsageUpload {
  readonly clusterId: string;
  readonly requestId: string;
  readonly clientIp: string;
  /** The body's lines; null stands for one that is too long to be one. */
  readonly lines: AsyncIterable<string | null>;
  /** Who uploads, asked for each block anew: a token may be revoked while a stream runs. @throws Fault */
  viewer(): Promise<Viewer>;
}

/** Lines of one transaction. `problems` says of each entry that is null what is wrong with its form. */
interface Block {
  readonly numbers: number[];
  readonly entries: (UsageEntry | null)[];
  readonly problems: Map<number, string>;
  readonly names: Set<string>;
}

/** A block that the database works on. */
interface Working {
  readonly names: ReadonlySet<string>;
  readonly recorded: Promise<{ readonly text: string; readonly unit: string | null }>;
}

/** One block is judged while the one before it is written. */
const IN_FLIGHT_MAX = 2;

type Sums = Record<'recorded' | 'replayed' | 'conflict' | 'rejected', number> & { charged: bigint };

/**
 * Records a stream of lines, block by block, each in a transaction of its own, and gives a verdict for each line as NDJSON
 * and at the end one line with the sums. While the database works on two blocks the next is read, and no more: so memory is
 * bounded, and the body is read no faster than it is recorded. A line that cannot be read is REJECTED by its number. A
 * stream that breaks off has recorded the blocks whose verdicts went out, and perhaps two more: sending it again is safe.
 * The first step sees to it that the caller may do this. @throws Fault UNAUTHENTICATED, FORBIDDEN, NOT_FOUND
 */
export const makeStreamUsage =
  (deps: BlockDeps) =>
  async (upload: UsageUpload): Promise<AsyncGenerator<string>> => {
    requireMeter(await upload.viewer(), upload.clusterId);
    return verdictsOf(upload, deps);
  };

async function* verdictsOf(upload: UsageUpload, deps: BlockDeps): AsyncGenerator<string> {
  const sums: Sums = { recorded: 0, replayed: 0, conflict: 0, rejected: 0, charged: 0n };
  let unit: string | null = null;
  let lines = 0;
  const working: Working[] = [];
  const oldest = async (): Promise<string> => {
    const done = await working.shift()?.recorded;
    unit = done?.unit ?? unit;
    return done?.text ?? '';
  };
  const blocks = blocksOf(upload.lines);
  try {
    for (let coming = nextOf(blocks); ; ) {
      const [eldest] = working;
      // Verdicts go out as soon as they are there, also while the client is slow to send more.
      const isAnswered = eldest !== undefined && (await isFirst(eldest.recorded, coming));
      if (working.length >= IN_FLIGHT_MAX || isAnswered) {
        yield await oldest();
        continue;
      }
      const { value: block } = await coming;
      if (block === undefined) break;
      coming = nextOf(blocks);
      // A correction waits for what it corrects.
      while (working.some(({ names }) => meet(names, block.names))) yield await oldest();
      const recorded = record(block, upload, sums, deps);
      recorded.catch(() => undefined);
      working.push({ names: block.names, recorded });
      lines += block.entries.length;
      await nextTurn();
    }
    while (working.length > 0) yield await oldest();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    yield `${JSON.stringify({ error: { code: error.code, message: error.message } })}\n`;
    return;
  } finally {
    // Not awaited: it ends when the body does.
    void blocks.return(undefined);
  }
  const { charged, ...counts } = sums;
  const money = unit === null ? null : { amount: formatMicros(charged), unit };
  yield `${JSON.stringify({ done: true, lines, ...counts, charged: money })}\n`;
}

/** Reads on. It is awaited in a later turn; meanwhile its failure is nobody's surprise. */
function nextOf(blocks: AsyncGenerator<Block, undefined>): Promise<IteratorResult<Block, undefined>> {
  const coming = blocks.next();
  coming.catch(() => undefined);
  return coming;
}

/** Whether one promise is settled before another. */
const isFirst = (one: Promise<unknown>, other: Promise<unknown>): Promise<boolean> => {
  const told = (answer: boolean) => () => answer;
  return Promise.race([one.then(told(true), told(true)), other.then(told(false), told(false))]);
};

const meet = (some: ReadonlySet<string>, others: ReadonlySet<string>): boolean => {
  for (const name of others) if (some.has(name)) return true;
  return false;
};

/** Gathers lines into blocks. A block ends where a record comes again, so that a correction finds what it corrects. */
async function* blocksOf(lines: AsyncIterable<string | null>): AsyncGenerator<Block, undefined> {
  let block: Block = { numbers: [], entries: [], problems: new Map(), names: new Set() };
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (number > usageLimits.streamLinesMax) {
      throw new Fault('LIMIT_EXCEEDED', `A stream has at most ${usageLimits.streamLinesMax} lines.`, {
        limit: 'lines',
      });
    }
    if (line === '' || line === '\r') continue;
    const entry = readLine(line, block);
    const name = entry === null ? null : nameOf(entry);
    if (block.entries.length >= usageLimits.blockRecordsMax || (name !== null && block.names.has(name))) {
      const problem = block.problems.get(block.entries.length);
      block.problems.delete(block.entries.length);
      yield block;
      block = {
        numbers: [],
        entries: [],
        problems: new Map(problem === undefined ? [] : [[0, problem]]),
        names: new Set(),
      };
    }
    if (name !== null) block.names.add(name);
    block.numbers.push(number);
    block.entries.push(entry);
  }
  if (block.entries.length > 0) yield block;
  return undefined;
}

function readLine(line: string | null, { entries, problems }: Block): UsageEntry | null {
  const read = line === null ? null : readUsageLine(line);
  if (read?.ok) return read.value;
  problems.set(entries.length, read?.refusal ?? `A line has at most ${usageLimits.lineBytesMax} bytes.`);
  return null;
}

async function record(
  block: Block,
  upload: UsageUpload,
  sums: Sums,
  deps: BlockDeps,
): Promise<{ readonly text: string; readonly unit: string | null }> {
  const viewer = await upload.viewer();
  requireMeter(viewer, upload.clusterId);
  const recorded = await recordBlock(callOf(viewer, upload), upload.clusterId, block.entries, deps);
  if (!recorded.ok) throw new Error(`a block without a key was refused: ${recorded.refusal.code}`);
  return { text: verdictLines(block, recorded.value, sums), unit: recorded.value.unit };
}

/** A stream has no key: its records are recognised by themselves. */
const callOf = (viewer: Viewer, { requestId, clientIp }: UsageUpload): Call => ({
  scope: '',
  key: '',
  operation: 'recordUsage',
  input: null,
  fingerprint: '',
  actor: actorName(viewer),
  requestId,
  clientIp,
});

function verdictLines({ numbers, problems }: Block, { outcomes }: BlockOutcome, sums: Sums): string {
  let text = '';
  for (const [at, outcome] of outcomes.entries()) {
    sums[outcome.status.toLowerCase() as 'recorded' | 'replayed' | 'conflict' | 'rejected'] += 1;
    sums.charged += outcome.charged;
    text += verdictLine(numbers[at] ?? 0, outcome, problems.get(at));
  }
  return text;
}

/** Written by hand: no value of it needs escaping but the message. */
function verdictLine(line: number, { status, code, charged, owed }: UsageOutcome, problem: string | undefined): string {
  const amounts = `"charged":"${formatMicros(charged)}"${owed === 0n ? '' : `,"owed":"${formatMicros(owed)}"`}`;
  const why = code === null ? '' : `,"code":"${code}","message":${JSON.stringify(problem ?? refusalRegistry[code])}`;
  return `{"line":${line},"status":"${status}",${amounts}${why}}\n`;
}
