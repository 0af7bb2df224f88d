import { createHash, randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TestPerson } from '../identity/support/identityHarness.js';
import { type PublicAnswer, type PublicGraph, startPublicGraph } from './support/publicGraph.js';

/** The hash that each comparison of a password was made with: what work was done. */
const compared = vi.hoisted((): string[] => []);
vi.mock('../../subgraphs/identity/adapters/hashingThreads.js', async (original) => {
  const { hashingThreads } = await original<typeof import('../../subgraphs/identity/adapters/hashingThreads.js')>();
  return {
    hashingThreads() {
      const threads = hashingThreads();
      return {
        ...threads,
        verify(stored: string, password: string) {
          compared.push(stored);
          return threads.verify(stored, password);
        },
      };
    },
  };
});

let graph: PublicGraph;

beforeAll(async () => {
  graph = await startPublicGraph();
});
afterAll(() => graph.stop());
afterEach(() => {
  // Each case begins with counters that are over.
  graph.identity.clock.advance(900);
  compared.length = 0;
});

const LOG_IN = `mutation ($input: LogInInput!) { logIn(input: $input) {
  accessToken refreshToken expiresAt session { id } viewer { user { id } } deviceToken refusal { code message } } }`;

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly code: string;
}

const logIn = (input: Credentials, headers: Record<string, string> = {}): Promise<PublicAnswer> =>
  graph.ask(LOG_IN, { input }, { headers });
const outcomeOf = (input: Credentials): Promise<string> => graph.outcomeOf('logIn', input);
const rightOf = async (person: TestPerson, steps = 0): Promise<Credentials> => ({
  username: person.username,
  password: person.password,
  code: await graph.identity.codeOf(person, steps),
});
const sessionsOf = async (person: TestPerson): Promise<number> =>
  (await graph.identity.sql('SELECT 1 FROM session WHERE user_id = $1', [person.id])).length;
const parametersOf = (phc: string): string => phc.split('$').slice(0, 4).join('$');

describe('log-in', () => {
  it('answers alike for an unknown user, a wrong password, a wrong code and a disabled person, after one hash of the same parameters', async () => {
    const person = await graph.identity.newPerson();
    const disabled = await graph.identity.newPerson();
    await graph.identity.sql(`UPDATE "user" SET status = 'DISABLED' WHERE id = $1`, [disabled.id]);
    const right = await rightOf(person);
    const wrong = [
      { ...right, username: 'nobody-has-this' },
      { ...right, username: "x' OR 1=1 --" },
      { ...right, password: 'not the password' },
      { ...right, code: '000000' },
      { ...right, code: 'zzzz-zzzz-zzzz-zzzz-zzzz-zzzz' },
      await rightOf(disabled),
    ];
    const answers: PublicAnswer[] = [];
    for (const input of wrong) {
      compared.length = 0;
      answers.push(await logIn(input));
      expect(compared.map(parametersOf)).toEqual(['$argon2id$v=19$m=19456,t=2,p=1']);
    }
    for (const { status, text } of answers) expect([status, text]).toEqual([answers[0]?.status, answers[0]?.text]);
    expect(answers[0]?.text).toContain('INVALID_CREDENTIALS');
    // The next request works.
    expect(await outcomeOf(right)).toBe('OK');
  });

  it('is throttled without locking the owner out, who logged in here before or has a remembered device', async () => {
    const person = await graph.identity.newPerson();
    const input = { ...(await rightOf(person)), rememberDevice: true };
    const remembered = (await graph.ask(LOG_IN, { input })).data as { logIn: { deviceToken: string } } | null;
    const deviceToken = remembered?.logIn.deviceToken;
    const guess = { ...input, password: 'a guess at it', rememberDevice: false };
    for (let index = 0; index < 10; index += 1) expect(await outcomeOf(guess)).toBe('INVALID_CREDENTIALS');
    const refused = await logIn(guess);
    expect(refused).toMatchObject({ status: 429, fault: 'RATE_LIMITED' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    const withDevice = { ...(await rightOf(person, 1)), deviceToken };
    expect(await graph.outcomeOf('logIn', withDevice)).toBe('OK');
  });

  it('counts logIn aliased fifty times as fifty attempts, or refuses the document', async () => {
    const person = await graph.identity.newPerson();
    const { username } = person;
    const aliased = (times: number): string =>
      `mutation { ${Array.from(
        { length: times },
        (_value, index) =>
          `a${index}: logIn(input: { username: "${username}", password: "guess ${index}", code: "000000" }) { refusal { code } }`,
      ).join(' ')} }`;
    expect((await graph.ask(aliased(50))).fault).toBe('LIMIT_EXCEEDED');
    expect(compared).toEqual([]);
    const twelve = await graph.ask(aliased(12));
    expect(twelve.fault).toBe('RATE_LIMITED');
    expect(compared).toHaveLength(10);
    const entries = await graph.identity.sql(
      "SELECT 1 FROM platform.audit_entry WHERE action = 'logIn' AND target = $1",
      [person.id],
    );
    expect(entries).toHaveLength(10);
  });

  it('takes X-Forwarded-For from nobody: guesses from many claimed addresses are guesses from one', async () => {
    const person = await graph.identity.newPerson();
    const guess = { ...(await rightOf(person)), password: 'a guess at it' };
    const outcomes: (string | null)[] = [];
    for (let index = 0; index < 12; index += 1) {
      const address = `198.51.100.${index}`;
      const headers = { 'x-forwarded-for': address, 'x-real-ip': address, forwarded: `for=${address}` };
      outcomes.push((await logIn(guess, headers)).fault);
    }
    expect(outcomes.slice(10)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    const rows = await graph.identity.sql<{ client_ip: string }>(
      "SELECT DISTINCT client_ip FROM platform.audit_entry WHERE action = 'logIn' AND target = $1",
      [person.id],
    );
    expect(rows).toEqual([{ client_ip: '127.0.0.1' }]);
  });

  it('answers 200 parallel attempts, each with an answer or with 429 and Retry-After, and goes on', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_value, index) =>
        logIn({ username: `nobody${index}`, password: 'whatever it is', code: '123456' }),
      ),
    );
    for (const { status, headers, text, fault } of answers) {
      if (status === 429) {
        expect(fault).toBe('RATE_LIMITED');
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      } else {
        expect([status, text.includes('INVALID_CREDENTIALS')]).toEqual([200, true]);
      }
    }
    expect(compared).toHaveLength(answers.filter(({ status }) => status === 200).length);
    expect(await outcomeOf(await rightOf(await graph.identity.newPerson()))).toBe('OK');
  });

  it('refuses a password of almost a megabyte before hashing it', async () => {
    const person = await graph.identity.newPerson();
    const right = await rightOf(person);
    expect(await outcomeOf({ ...right, password: 'x'.repeat(1_000_000) })).toBe('INVALID_INPUT');
    expect(await outcomeOf({ ...right, password: '\ufdfa'.repeat(1_024) })).toBe('INVALID_INPUT');
    expect(compared).toEqual([]);
    expect(await outcomeOf(right)).toBe('OK');
  });

  it('refuses a body above a megabyte while it comes', async () => {
    const input = { username: 'whoever', password: randomBytes(800_000).toString('hex'), code: '123456' };
    const response = await fetch(`${graph.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: LOG_IN, variables: { input } }),
    }).catch(() => null);
    // Cut off: an answer, or a closed connection where the client was still sending.
    if (response !== null) {
      expect([response.status, (await response.text()).includes('LIMIT_EXCEEDED')]).toEqual([400, true]);
    }
    expect(compared).toEqual([]);
  });
});

describe('one-time codes', () => {
  it('log in once: a replay is refused', async () => {
    const person = await graph.identity.newPerson();
    const right = await rightOf(person);
    expect(await outcomeOf(right)).toBe('OK');
    expect(await outcomeOf(right)).toBe('INVALID_CREDENTIALS');
    expect(await sessionsOf(person)).toBe(1);
  });

  it('open one session for 20 parallel log-ins with one code', async () => {
    const person = await graph.identity.newPerson();
    const right = await rightOf(person);
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(right)));
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
    expect(await sessionsOf(person)).toBe(1);
  });

  it('of the step before are refused after a newer one', async () => {
    const person = await graph.identity.newPerson();
    expect(await outcomeOf(await rightOf(person, 1))).toBe('OK');
    expect(await outcomeOf(await rightOf(person, 0))).toBe('INVALID_CREDENTIALS');
    expect(await sessionsOf(person)).toBe(1);
  });

  it('that confirmed the factor do not log in', async () => {
    const person = await graph.identity.newPerson();
    expect(await outcomeOf(await rightOf(person, -1))).toBe('INVALID_CREDENTIALS');
    expect(await sessionsOf(person)).toBe(0);
  });

  it('are guessed ten times at most, also in parallel', async () => {
    const person = await graph.identity.newPerson();
    const right = await rightOf(person);
    const guesses = Array.from({ length: 30 }, (_value, index) => String(index).padStart(6, '0'));
    const outcomes = await Promise.all(
      guesses.filter((code) => code !== right.code).map((code) => outcomeOf({ ...right, code })),
    );
    expect(outcomes).not.toContain('OK');
    expect(await outcomeOf(right)).toBe('RATE_LIMITED');
  });
});

describe('recovery codes', () => {
  it('open one session for 20 parallel log-ins with one', async () => {
    const person = await graph.identity.newPerson();
    const right = { ...(await rightOf(person)), code: person.recoveryCodes[0] ?? '' };
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(right)));
    expect(outcomes.filter((outcome) => outcome === 'OK')).toHaveLength(1);
    expect(await sessionsOf(person)).toBe(1);
  });

  it('are kept as digests alone', async () => {
    const { id, recoveryCodes } = await graph.identity.newPerson();
    const rows = await graph.identity.sql<{ code_hash: Buffer }>(
      'SELECT code_hash FROM recovery_code WHERE user_id = $1',
      [id],
    );
    const hashes = new Set(rows.map(({ code_hash: hash }) => hash.toString('hex')));
    for (const code of recoveryCodes) {
      const folded = code.replaceAll('-', '');
      expect(hashes.has(createHash('sha256').update(folded).digest('hex'))).toBe(true);
    }
  });
});
