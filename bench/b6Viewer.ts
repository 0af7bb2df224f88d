import { alternate, median } from './harness.js';
import { type IdentityStand, startIdentityStand } from './identityStand.js';
import { drive, type Rate } from './ledger/drive.js';

const PEOPLE = 100;
const TOKENS = 1_000;
const CALLERS = 32;
const SECONDS = 4;
const QUERY = '{ viewer { user { id } } }';

interface Asked {
  readonly viewer: { readonly user: { readonly id: string } } | null;
}

/** A rate, and the processor time that the service took for each request. */
interface Figure extends Rate {
  readonly cpuMicros: number;
}

/**
 * B6: viewer { user { id } } with 1,000 live tokens in turn, against the same path without a token; straight at identity,
 * each call with its assertion. Every answer is looked at.
 */
export async function b6Viewer(print: (line: string) => void): Promise<void> {
  print('B6 authenticated request: viewer { user { id } } with 1,000 live tokens, against the same without a token');
  const stand = await startIdentityStand(PEOPLE);
  try {
    const tokens = await collectTokens(stand);
    let next = 0;
    const withToken = async (): Promise<void> => {
      next += 1;
      const { id, token } = tokens[next % tokens.length] ?? { id: '', token: '' };
      const { viewer } = await stand.call<Asked>(QUERY, {}, { token });
      if (viewer?.user.id !== id) throw new Error('The run is void: a token shows somebody else.');
    };
    const without = async (): Promise<void> => {
      const { viewer } = await stand.call<Asked>(QUERY, {});
      if (viewer !== null) throw new Error('The run is void: nobody is somebody.');
    };
    // Each token is verified once; what is measured is the look-up of a live one.
    for (const _token of tokens) await withToken();
    const pairs = await alternate<Figure>(
      { name: 'viewer', subject: () => measure(stand, withToken), limit: () => measure(stand, without) },
      (round, subject, limit) =>
        print(
          `  round ${round}: ${subject.perSecond.toFixed(0)}/s (${subject.cpuMicros.toFixed(0)} us) against ${limit.perSecond.toFixed(0)}/s (${limit.cpuMicros.toFixed(0)} us)`,
        ),
    );
    const ratio = median(pairs.map(({ subject, limit }) => subject.perSecond / limit.perSecond));
    const of = (side: 'subject' | 'limit', field: keyof Figure): number =>
      median(pairs.map((pair) => pair[side][field]));
    print(
      `  median ${of('subject', 'perSecond').toFixed(0)}/s (p50 ${of('subject', 'p50Ms').toFixed(1)} ms, p99 ${of('subject', 'p99Ms').toFixed(1)} ms)` +
        ` against ${of('limit', 'perSecond').toFixed(0)}/s: ratio ${ratio.toFixed(2)}, the median of the rounds' (goal: 0.9);` +
        ` processor time of the service ${of('subject', 'cpuMicros').toFixed(0)} us against ${of('limit', 'cpuMicros').toFixed(0)} us a request`,
    );
  } finally {
    await stand.stop();
  }
}

async function measure(stand: IdentityStand, call: () => Promise<void>): Promise<Figure> {
  const before = await stand.cpuSeconds();
  let calls = 0;
  const rate = await drive({
    callers: CALLERS,
    groupSize: 1,
    seconds: SECONDS,
    call: () => {
      calls += 1;
      return call();
    },
  });
  const after = await stand.cpuSeconds();
  const seconds = after.main + after.threads - before.main - before.threads;
  return { ...rate, cpuMicros: (seconds / calls) * 1e6 };
}

const LOG_IN = 'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken refreshToken } }';
const REFRESH =
  'mutation ($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }';
interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Each refresh gives another access token of the session; those before live on for their ten minutes. */
async function collectTokens(stand: IdentityStand): Promise<readonly { id: string; token: string }[]> {
  const tokens: { id: string; token: string }[] = [];
  for (const { id, username, password, recoveryCodes } of stand.people) {
    const input = { username, password, code: recoveryCodes[0] };
    let { accessToken, refreshToken } = (await stand.call<{ logIn: Tokens }>(LOG_IN, { input })).logIn;
    tokens.push({ id, token: accessToken });
    while (tokens.length % (TOKENS / PEOPLE) !== 0) {
      ({ accessToken, refreshToken } = (
        await stand.call<{ refreshSession: Tokens }>(REFRESH, { input: { refreshToken } })
      ).refreshSession);
      tokens.push({ id, token: accessToken });
    }
  }
  return tokens;
}
