import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import type { CpuSeconds } from './cpuSeconds.js';
import { alternate, median } from './harness.js';
import { type IdentityStand, startIdentityStand } from './identityStand.js';
import { drive, type Rate } from './ledger/drive.js';
import type { BenchPerson } from './registerPerson.js';

const PEOPLE = 300;
const CALLERS = 16;
const SECONDS = 3;
/** As identity hashes (adapters/argon2Hasher.ts). */
const PARAMETERS = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;
const OTHER_EVERY_MS = 20;
const FAILURES = 90;

const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken refusal { code } } }';
interface LoggedIn {
  readonly logIn: { readonly accessToken: string | null; readonly refusal: { readonly code: string } | null };
}

/**
 * B5: log-ins at saturation, each with a recovery code of its own, against argon2id alone with the same parameters on as
 * many threads as there are cores. Beside the log-ins an unrelated query is sent every 20 ms. Afterwards, one after the
 * other: how long the answer takes for a name that nobody has, a wrong password and a disabled person.
 */
export async function b5Login(print: (line: string) => void): Promise<void> {
  print('B5 login: log-ins at saturation, with an unrelated query beside them, against argon2id alone');
  const stand = await startIdentityStand(PEOPLE);
  try {
    // Log-ins of one person come one after the other, under the row's lock; here it is always another's turn.
    const rounds = stand.people[0]?.recoveryCodes.keys() ?? [];
    const attempts = [...rounds].flatMap((index) =>
      stand.people.map((person) => ({ person, code: person.recoveryCodes[index] ?? '' })),
    );
    const token = await logIn(stand, attempts);
    const others: number[] = [];
    const spent = { logIns: 0, main: 0, threads: 0, database: 0, client: 0 };
    const pairs = await alternate<Rate>(
      {
        name: 'log-in',
        subject: () => besideAnother(stand, token, others, () => countingTime(stand, spent, attempts)),
        limit: hashAlone,
      },
      (round, subject, limit) =>
        print(`  round ${round}: ${subject.perSecond.toFixed(1)}/s against ${limit.perSecond.toFixed(1)} hashes/s`),
    );
    const subject = median(pairs.map((pair) => pair.subject.perSecond));
    const limit = median(pairs.map((pair) => pair.limit.perSecond));
    const ratio = median(pairs.map((pair) => pair.subject.perSecond / pair.limit.perSecond));
    const p99 = median(pairs.map((pair) => pair.subject.p99Ms));
    print(
      `  median ${subject.toFixed(1)}/s (p99 ${p99.toFixed(0)} ms) against ${limit.toFixed(1)}/s: ratio ${ratio.toFixed(2)}, the median of the rounds' (goal: 0.9)`,
    );
    const each = (part: keyof CpuSeconds): string => `${((spent[part] / spent.logIns) * 1e3).toFixed(1)} ms`;
    print(
      `  processor time of a log-in: hashing threads ${each('threads')}, main thread ${each('main')}, database ${each('database')}, client ${each('client')}`,
    );
    others.sort((a, b) => a - b);
    const at = (share: number): number => others[Math.floor((others.length - 1) * share)] ?? Number.NaN;
    print(
      `  the other query: p50 ${at(0.5).toFixed(1)} ms, p99 ${at(0.99).toFixed(1)} ms of ${others.length} (goal: p99 25 ms)`,
    );
    await timeFailures(stand, print);
  } finally {
    await stand.stop();
  }
}

/** Log-ins at saturation, and what processor time they took where. */
async function countingTime(
  stand: IdentityStand,
  spent: Record<keyof CpuSeconds | 'logIns', number>,
  attempts: { person: BenchPerson; code: string }[],
): Promise<Rate> {
  const before = await stand.cpuSeconds();
  const call = async (): Promise<void> => {
    await logIn(stand, attempts);
    spent.logIns += 1;
  };
  const rate = await drive({ callers: CALLERS, groupSize: 1, seconds: SECONDS, call });
  const after = await stand.cpuSeconds();
  for (const part of ['main', 'threads', 'database', 'client'] as const) spent[part] += after[part] - before[part];
  return rate;
}

async function logIn(stand: IdentityStand, attempts: { person: BenchPerson; code: string }[]): Promise<string> {
  const attempt = attempts.pop();
  if (attempt === undefined) throw new Error('The run is void: no recovery code is left.');
  const { person, code } = attempt;
  const input = { username: person.username, password: person.password, code };
  const { accessToken, refusal } = (await stand.call<LoggedIn>(LOG_IN, { input })).logIn;
  if (accessToken === null) throw new Error(`The run is void: a log-in was refused (${refusal?.code}).`);
  return accessToken;
}

/** The limit: nothing but hashes, as many at once as there are cores. */
async function hashAlone(): Promise<Rate> {
  const stored = await hash('a long password of nobody', PARAMETERS);
  return drive({
    callers: availableParallelism(),
    groupSize: 1,
    seconds: SECONDS,
    call: async () => {
      if (!(await verify(stored, 'a long password of nobody'))) throw new Error('The run is void: a hash is wrong.');
    },
  });
}

/** Sends an unrelated query at a steady pace while something else runs, and notes how long each took. */
async function besideAnother<Value>(
  stand: IdentityStand,
  token: string,
  tookMs: number[],
  work: () => Promise<Value>,
): Promise<Value> {
  const sent: Promise<void>[] = [];
  const ask = async (): Promise<void> => {
    const from = performance.now();
    const { viewer } = await stand.call<{ viewer: { user: { username: string } } }>(
      '{ viewer { user { id username } } }',
      {},
      { token },
    );
    if (!viewer.user.username) throw new Error('The run is void: the other query has no answer.');
    tookMs.push(performance.now() - from);
  };
  const timer = setInterval(() => sent.push(ask()), OTHER_EVERY_MS);
  const value = await work();
  clearInterval(timer);
  await Promise.all(sent);
  return value;
}

/** The three answers that must not be told apart, in turn, each from an address of its own. */
async function timeFailures(stand: IdentityStand, print: (line: string) => void): Promise<void> {
  const [wrong, disabled] = stand.people;
  if (wrong === undefined || disabled === undefined) throw new Error('The stand has nobody.');
  await stand.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [disabled.id]);
  const code = '000000';
  const kinds = {
    unknown: { username: 'nobody-has-this', password: wrong.password, code },
    'wrong password': { username: wrong.username, password: 'not the password at all', code },
    disabled: { username: disabled.username, password: disabled.password, code },
  };
  const took = new Map<string, number[]>(Object.keys(kinds).map((kind) => [kind, []]));
  for (let turn = 0; turn < FAILURES; turn += 1) {
    // Each is the first of the three in its turn, so that none has always the same one before it.
    const inTurn = Object.entries(kinds);
    for (const [kind, input] of [...inTurn.slice(turn % 3), ...inTurn.slice(0, turn % 3)]) {
      const from = performance.now();
      const { refusal } = (await stand.call<LoggedIn>(LOG_IN, { input })).logIn;
      if (refusal?.code !== 'INVALID_CREDENTIALS') throw new Error('The run is void: an attempt was not refused.');
      took.get(kind)?.push(performance.now() - from);
    }
  }
  const medians = [...took].map(([kind, figures]) => [kind, median(figures.slice(1))] as const);
  const figures = medians.map(([, figure]) => figure);
  const spread = (Math.max(...figures) / Math.min(...figures) - 1) * 100;
  print(
    `  refused one by one, median of ${FAILURES - 1}: ${medians.map(([kind, figure]) => `${kind} ${figure.toFixed(2)} ms`).join(', ')}; apart by ${spread.toFixed(1)} % (goal: 5)`,
  );
}
