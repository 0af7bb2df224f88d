import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { mutationDocument } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { type SubgraphName, subgraphNames } from '../../platform/kernel/services.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import { registerPerson } from '../registerPerson.js';
import { runTollgate } from '../runningTollgate.js';

/** The services that are asked. */
export const services = subgraphNames;
/** See services. */
export type Service = SubgraphName;

/** Somebody's session. */
interface LoggedIn {
  readonly token: string;
  readonly userId: string;
  readonly sessionId: string;
}

/** A group with an account. */
interface GroupStand {
  readonly id: string;
  readonly accountId: string;
}

/** The whole program as one process, with people, an operator, and each service asked straight. */
export interface RevocationStand {
  /** The operator's token. */
  readonly operator: string;
  /** A session of the next person in turn. */
  logIn(): Promise<LoggedIn>;
  /** A group of the operator's, with an account. */
  makeGroup(): Promise<GroupStand>;
  /** Through the gateway. @throws Error where it is not done: the run is void then */
  mutate(name: string, input: Readonly<Record<string, unknown>>, token: string): Promise<void>;
  /** Whether a service takes a token. */
  isTaken(service: Service, token: string): Promise<boolean>;
  /** Whether a service shows somebody what the group's members see; storage and compute: whether they know of the membership. */
  isMember(service: Service, group: GroupStand, somebody: Pick<LoggedIn, 'token' | 'userId'>): Promise<boolean>;
  /** Asks all services side by side, each until the answer is yes. */
  everywhere(look: (service: Service) => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;
const POLL_MS = 1;

/** Starts one on a home that is thrown away. */
export async function startRevocationStand(peopleCount: number): Promise<RevocationStand> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  const tollgate = await runTollgate(join(folder, 'home'));
  const { home } = tollgate;
  const client = httpClient(tollgate.url);
  const data = async <Data>(document: string, variables: object, token: string | null): Promise<Data> => {
    const answer = await client.ask<Data>(document, { ...variables }, token);
    if (answer.data === null || answer.errors.length > 0) throw new Error(`The run is void: ${JSON.stringify(answer)}`);
    return answer.data;
  };
  const codes = oneTimeCodes();
  const credentials = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
  const stage = { client, codes, narrate: () => {}, run: randomUUID() };
  const operator = await operatorLogsIn(stage, credentials);
  const people = [];
  for (let count = 0; count < peopleCount; count += 1) {
    people.push(await registerPerson((query, variables) => data(query, variables, null), `person${count}`));
  }
  const attempts = people.flatMap((person) => person.recoveryCodes.map((code) => ({ person, code })));
  const keys = await loadServiceKeys(home, 'gateway');
  const { urls } = await connectEmbeddedDatabase(home);
  const databases = new Map<Service, pg.Client>();
  const origins = new Map<Service, string>();
  for (const service of services) {
    const database = new pg.Client({ connectionString: urls(service).ownerUrl });
    await database.connect();
    databases.set(service, database);
    origins.set(service, await announcedUrl(home, service));
  }

  const ask = async (service: Service, query: string, variables: object, token: string) => {
    const answer = await signedRequest({
      ...{ keys, target: service, origin: origins.get(service) ?? '', method: 'POST', path: '/graphql', token },
      body: Buffer.from(JSON.stringify({ query, variables })),
      headers: {},
      ...{ requestId: randomUUID(), clientIp: '127.0.0.1', userAgent: 'bench' },
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const { errors = [] } = JSON.parse(answer.body.toString('utf8')) as { errors?: { extensions: { code: string } }[] };
    return errors[0]?.extensions.code ?? null;
  };
  /** Yes without an error, no with one that is meant. */
  const answers = async (no: readonly string[], ...question: Parameters<typeof ask>): Promise<boolean> => {
    const code = await ask(...question);
    if (code !== null && !no.includes(code)) throw new Error(`The run is void: ${question[0]} answered ${code}.`);
    return code === null;
  };
  const knows = async (service: Service, groupId: string, userId: string): Promise<boolean> => {
    const found = await databases
      .get(service)
      ?.query<{ state: string }>(
        `SELECT state FROM platform.feed_projection WHERE kind = 'MEMBERSHIP' AND subject = $1`,
        [`${groupId}/${userId}`],
      );
    return (found?.rows[0]?.state ?? 'NONE') !== 'NONE';
  };
  const mutate = async <Thing>(name: string, input: object, token: string, selection = ''): Promise<Thing> => {
    const answer = await data<Record<string, Thing & { refusal: object | null }>>(
      mutationDocument(name, selection),
      { input },
      token,
    );
    const payload = answer[name];
    if (payload === undefined || payload.refusal !== null)
      throw new Error(`The run is void: ${JSON.stringify(answer)}`);
    return payload;
  };

  return {
    operator,
    async logIn() {
      const attempt = attempts.shift();
      if (attempt === undefined) throw new Error('The run is void: no recovery code is left.');
      const { username, password, id: userId } = attempt.person;
      const input = { username, password, code: attempt.code };
      const { logIn } = await data<{ logIn: { accessToken: string; session: { id: string } } }>(
        'mutation ($input: LogInInput!) { logIn(input: $input) { accessToken session { id } } }',
        { input },
        null,
      );
      return { token: logIn.accessToken, userId, sessionId: logIn.session.id };
    },
    async makeGroup() {
      const made = await mutate<{ group: { id: string } }>(
        'createGroup',
        { idempotencyKey: randomUUID(), name: randomUUID() },
        operator,
        'group { id }',
      );
      const open = { idempotencyKey: randomUUID(), owner: { groupId: made.group.id }, name: 'Bench', unit: 'CREDIT' };
      const { account } = await mutate<{ account: { id: string } }>('openAccount', open, operator, 'account { id }');
      return { id: made.group.id, accountId: account.id };
    },
    mutate: async (name, input, token) => void (await mutate(name, input, token, '__typename')),
    isTaken: (service, token) => answers(['UNAUTHENTICATED'], service, '{ __typename }', {}, token),
    async isMember(service, { id: groupId, accountId }, { token, userId }) {
      switch (service) {
        case 'identity':
          return answers(['NOT_FOUND'], service, 'query ($id: ID!) { group(id: $id) { id } }', { id: groupId }, token);
        case 'accounting':
          return answers(
            ['NOT_FOUND'],
            service,
            'query ($id: ID!) { account(id: $id) { id } }',
            { id: accountId },
            token,
          );
        case 'access': {
          const { offerStorage: offerId } = wellKnown;
          const endsAt = new Date(Date.now() + 86_400_000).toISOString();
          const input = { offerId, quantity: '1', endsAt, accountId, groupId, name: 'Bench' };
          const query = 'query ($input: ExplainAccessInput!) { explainAccess(input: $input) { allowed } }';
          // Accounting, which it asks for the account, may know of it first.
          return answers(['NOT_FOUND', 'FORBIDDEN'], service, query, { input }, token);
        }
        default:
          return knows(service, groupId, userId);
      }
    },
    async everywhere(look) {
      await Promise.all(services.map((service) => until(() => look(service))));
    },
    async stop() {
      for (const database of databases.values()) await database.end();
      await tollgate.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await sleep(POLL_MS);
}
