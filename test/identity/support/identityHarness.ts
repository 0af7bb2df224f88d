import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { pino } from 'pino';
import type { ServiceSettings } from '../../../platform/server/settings.js';
import { totpCode } from '../../../subgraphs/identity/adapters/totp.js';
import { type IdentityConfig, readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentity } from '../../../subgraphs/identity/main.js';
import { freshDatabase } from '../../support/database.js';
import { type Answer, type CallOptions, startSubgraphHarness } from '../../support/subgraph.js';
import { type TestClock, testClock } from './testClock.js';

/** A person of a test who can log in. */
export interface TestPerson {
  readonly id: string;
  readonly username: string;
  readonly password: string;
  readonly totpSecret: string;
  readonly recoveryCodes: readonly string[];
}

/** What a log-in gave. */
export interface TestSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly sessionId: string;
}

/** A payload with its refusal. */
export type Payload<Fields> = { [Name in keyof Fields]: Fields[Name] | null } & {
  readonly refusal: { readonly code: string; readonly message: string; readonly path?: readonly string[] } | null;
};

/** Identity alone, over HTTP, on a database of its own. */
export interface IdentityHarness {
  readonly clock: TestClock;
  readonly home: string;
  readonly url: string;
  readonly settings: ServiceSettings;
  /** Everything that was logged, as lines of JSON. */
  readonly logged: () => string;
  call<Data>(document: string, variables?: Record<string, unknown>, options?: CallOptions): Promise<Answer<Data>>;
  /** Runs SQL as the database's owner. */
  sql<Row extends object>(query: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Registers a person and confirms the factor with the code of the step before the present one. */
  newPerson(username?: string): Promise<TestPerson>;
  /** The code of a person's authenticator, so many steps from now. */
  codeOf(person: Pick<TestPerson, 'totpSecret'>, steps?: number): Promise<string>;
  /** Moves to the next step and logs in with its code. */
  logIn(person: Pick<TestPerson, 'username' | 'password' | 'totpSecret'>): Promise<TestSession>;
  /** The operator of the first start. */
  operator(): Promise<Pick<TestPerson, 'username' | 'password' | 'totpSecret'>>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const REGISTER = `mutation ($input: RegisterUserInput!) { registerUser(input: $input) {
  user { id username displayName email status createdAt } totp { secret uri qrCodeSvg } enrolmentToken
  refusal { code message ... on InvalidInput { path } } } }`;
const CONFIRM = `mutation ($input: ConfirmTotpInput!) { confirmTotp(input: $input) {
  user { id status } recoveryCodes refusal { code message } } }`;
const LOG_IN = `mutation ($input: LogInInput!) { logIn(input: $input) {
  accessToken refreshToken expiresAt session { id createdAt lastUsedAt expiresAt ipAddress userAgent current }
  viewer { scopes user { id username email status } session { id } } refusal { code message ... on InvalidInput { path } } } }`;

/** The documents that tests send. */
export const documents = { REGISTER, CONFIRM, LOG_IN };

let people = 0;

/** A user name that no other person of the run has. */
function freshUsername(): string {
  people += 1;
  return `person${process.pid}x${people}`;
}

/** Starts identity for a test. */
export async function startIdentityHarness(config: Partial<IdentityConfig> = {}): Promise<IdentityHarness> {
  const clock = testClock();
  const database = await freshDatabase('identity');
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const harness = await startSubgraphHarness({
    service: 'identity',
    database,
    start: (settings) =>
      startIdentity(
        { ...settings, service: 'identity' },
        { clock, log, config: { ...readIdentityConfig({}), logLevel: 'debug', ...config } },
      ),
  });
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const { home } = harness.settings;

  const self: IdentityHarness = {
    clock,
    home,
    get url() {
      return harness.url;
    },
    settings: harness.settings,
    logged: () => lines.join(''),
    call: harness.call,
    async sql<Row extends object>(query: string, values: readonly unknown[] = []) {
      return (await owner.query<Row>(query, [...values])).rows;
    },
    async newPerson(username = freshUsername()) {
      const password = `a long password of ${username}`;
      const input = { username, password, email: `${username}@example.org`, displayName: `Person ${username}` };
      const registered = await self.call<{
        registerUser: Payload<{ user: { id: string }; totp: { secret: string }; enrolmentToken: string }>;
      }>(REGISTER, { input });
      const { user, totp, enrolmentToken } = registered.data?.registerUser ?? {};
      if (user == null || totp == null) throw new Error(JSON.stringify(registered));
      const code = await totpCode(totp.secret, new Date(clock.now().getTime() - 30_000));
      const confirmed = await self.call<{ confirmTotp: Payload<{ recoveryCodes: string[] }> }>(CONFIRM, {
        input: { enrolmentToken, code },
      });
      const recoveryCodes = confirmed.data?.confirmTotp.recoveryCodes;
      if (recoveryCodes == null) throw new Error(JSON.stringify(confirmed));
      return { id: user.id, username, password, totpSecret: totp.secret, recoveryCodes };
    },
    codeOf: ({ totpSecret }, steps = 0) => totpCode(totpSecret, new Date(clock.now().getTime() + steps * 30_000)),
    async logIn(person) {
      clock.advance(30);
      const { username, password } = person;
      const input = { username, password, code: await self.codeOf(person) };
      const answer = await self.call<{
        logIn: Payload<{ accessToken: string; refreshToken: string; session: { id: string } }>;
      }>(LOG_IN, { input });
      const { accessToken, refreshToken, session } = answer.data?.logIn ?? {};
      if (accessToken == null || refreshToken == null || session == null) throw new Error(JSON.stringify(answer));
      return { accessToken, refreshToken, sessionId: session.id };
    },
    operator: async () => JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')),
    restart: harness.restart,
    async stop() {
      await owner.end();
      await harness.stop();
      await database.drop();
    },
  };
  return self;
}
