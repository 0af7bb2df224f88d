import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { expect, vi } from 'vitest';
import { startGateway } from '../../../gateway/main.js';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { ServiceName, SubgraphName } from '../../../platform/kernel/services.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { signedRequest } from '../../../platform/peers/signedRequest.js';
import type { RunningService, ServiceSettings } from '../../../platform/server/settings.js';
import { startAccess } from '../../../subgraphs/access/main.js';
import { startAccounting } from '../../../subgraphs/accounting/main.js';
import { startCompute } from '../../../subgraphs/compute/main.js';
import { startStorage } from '../../../subgraphs/storage/main.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { startTestIdentity, TEST_ISSUER, type TestIdentity } from '../../support/testIdentity.js';

/** The machine may be busy with other tests. */
export const patience = { timeout: 30_000 };

/** An answer, read without types. */
export type Loose = Record<string, never> & { readonly [field: string]: Loose };

/** Somebody who is signed in. */
export interface Somebody {
  readonly userId: string;
  readonly token: string;
}

/** Access with the real accounting, storage and compute over HTTP; identity is a stand-in. */
export interface RealPeers {
  readonly identity: TestIdentity;
  urlOf(service: SubgraphName): string;
  databaseOf(service: SubgraphName): TestDatabase;
  /** Runs SQL as a database's owner. */
  sql(service: SubgraphName, text: string, values?: readonly unknown[]): Promise<readonly Loose[]>;
  /** Asks a subgraph as the gateway would. @throws Error with the errors of the answer */
  call(service: SubgraphName, document: string, variables: object, token: string): Promise<Loose>;
  /** Opens an account of 100 CREDIT for somebody, or for a group whose ADMIN the token's person is. */
  fund(owner: { readonly userId: string } | { readonly groupId: string }, token: string): Promise<string>;
  /** Asks a subgraph as another service would, with a token that was exchanged for it. */
  callAs(
    caller: ServiceName,
    service: SubgraphName,
    document: string,
    variables: object,
    token: string,
  ): Promise<Loose>;
  /** Starts a gateway over them; gives its address. */
  startGateway(): Promise<string>;
  /** Somebody with an account of 100 CREDIT. */
  makePayer(): Promise<Somebody & { readonly accountId: string }>;
  /** An ADMIN of the provider `local`. */
  makeAdmin(): Promise<Somebody>;
  operatorToken(): Promise<string>;
  /** Submits a job, and reports as its controller that it ran for so many seconds. */
  runJob(holder: Somebody, grant: { readonly id: string }, resources: object, seconds: number): Promise<void>;
  /** Lets access look for grants that are used up, now. */
  lookForRunOut(): Promise<void>;
  stop(): Promise<void>;
}

const HEARTBEAT = 'mutation H($input: HeartbeatInput!) { heartbeat(input: $input) { refusal { code } } }';
const SUBMIT =
  'mutation S($input: SubmitJobInput!) { submitJob(input: $input) { job { id } refusal { code message } } }';
const CLAIM = `mutation C($input: ClaimJobsInput!) { claimJobs(input: $input) {
  leases { job { id } lease fencingToken } refusal { code } } }`;
const REPORT = `mutation R($input: ReportJobsInput!) { reportJobs(input: $input) {
  results { refusal { code } } refusal { code } } }`;

/** Starts them. */
export async function startRealPeers(): Promise<RealPeers> {
  const home = await mkdtemp(join(tmpdir(), 'tollgate-test-'));
  const identity = await startTestIdentity();
  const operatorId = newId('user');
  identity.publish({ kind: 'USER', subject: operatorId, state: 'ACTIVE', data: { operator: true } });
  const databases = new Map<SubgraphName, TestDatabase>();
  const running = new Map<SubgraphName, RunningService>();
  const gateways: RunningService[] = [];
  const urlOf = (service: SubgraphName): string => running.get(service)?.url ?? '';
  const settingsOf = async <Name extends SubgraphName>(service: Name): Promise<ServiceSettings & { service: Name }> => {
    const database = await freshDatabase(service);
    databases.set(service, database);
    return {
      service,
      home,
      host: '127.0.0.1',
      variables: {},
      port: 0,
      issuer: TEST_ISSUER,
      database,
      peerUrl: async (target) => (target === 'identity' ? identity.url : urlOf(target)),
      keys: await loadServiceKeys(home, service),
    };
  };
  running.set('accounting', await startAccounting(await settingsOf('accounting')));
  running.set('storage', await startStorage(await settingsOf('storage'), { freeBytes: async () => 2n ** 50n }));
  running.set('compute', await startCompute(await settingsOf('compute')));
  const config = { logLevel: 'silent', leaseMs: 1_000, callTimeoutMs: 5_000 };
  running.set('access', await startAccess(await settingsOf('access'), { config }));

  const callAs: RealPeers['callAs'] = async (caller, service, document, variables, token) => {
    const answer = await signedRequest({
      keys: await loadServiceKeys(home, caller),
      target: service,
      origin: urlOf(service),
      method: 'POST',
      path: '/graphql',
      body: Buffer.from(JSON.stringify({ query: document, variables })),
      token,
      headers: {},
      requestId: randomUUID(),
      clientIp: '192.0.2.1',
      userAgent: 'test',
      signal: AbortSignal.timeout(30_000),
    });
    const { data, errors } = JSON.parse(answer.body.toString('utf8'));
    if (data == null || errors !== undefined) throw new Error(JSON.stringify(errors));
    return data;
  };
  const call: RealPeers['call'] = (...args) => callAs('gateway', ...args);
  const fund: RealPeers['fund'] = async (owner, token) => {
    const operator = await identity.issueToken({ subject: operatorId });
    const account = { idempotencyKey: newId('audit'), owner, name: 'Ours', unit: 'CREDIT' };
    const open =
      'mutation O($input: OpenAccountInput!) { openAccount(input: $input) { account { id } refusal { code } } }';
    // The feed tells of operators and ADMINs within a second.
    const opened = () => call('accounting', open, { input: account }, token).catch(() => null);
    const answer = await vi.waitFor(async () => {
      const given = await opened();
      expect(given).toMatchObject({ openAccount: { refusal: null } });
      return given;
    }, patience);
    const accountId = String(answer?.['openAccount']?.['account']?.['id']);
    const input = {
      accountId,
      amount: { amount: '100', unit: 'CREDIT' },
      description: 'Start',
      idempotencyKey: accountId,
    };
    const deposit = 'mutation D($input: DepositInput!) { deposit(input: $input) { transfer { id } refusal { code } } }';
    await vi.waitFor(async () => {
      expect(await call('accounting', deposit, { input }, operator)).toMatchObject({ deposit: { refusal: null } });
    }, patience);
    return accountId;
  };
  const databaseOf = (service: SubgraphName): TestDatabase => {
    const database = databases.get(service);
    if (database === undefined) throw new Error(`${service} has no database here`);
    return database;
  };
  const sql: RealPeers['sql'] = async (service, text, values = []) => {
    const client = new pg.Client({ connectionString: databaseOf(service).ownerUrl });
    await client.connect();
    const { rows } = await client.query(text, [...values]);
    await client.end();
    return rows;
  };
  return {
    identity,
    urlOf,
    databaseOf,
    sql,
    call,
    callAs,
    fund,
    async startGateway() {
      const gateway = await startGateway(
        {
          service: 'gateway',
          home,
          host: '127.0.0.1',
          port: 0,
          issuer: TEST_ISSUER,
          variables: {},
          database: { ownerUrl: '', appUrl: '' },
          peerUrl: async (target) => (target === 'identity' ? identity.url : urlOf(target as SubgraphName)),
          keys: await loadServiceKeys(home, 'gateway'),
        },
        { logLevel: 'silent' },
      );
      gateways.push(gateway);
      return gateway.url;
    },
    async makePayer() {
      const userId = newId('user');
      const token = await identity.issueToken({ subject: userId });
      return { userId, token, accountId: await fund({ userId }, token) };
    },
    async makeAdmin() {
      const userId = newId('user');
      identity.publish({
        kind: 'MEMBERSHIP',
        subject: membershipSubject(wellKnown.groupLocal, userId),
        state: 'ADMIN',
      });
      return { userId, token: await identity.issueToken({ subject: userId }) };
    },
    operatorToken: () => identity.issueToken({ subject: operatorId }),
    async runJob({ token }, { id: grantId }, resources, seconds) {
      const clusterId = wellKnown.clusterLocal;
      const controller = await identity.issueToken({
        subject: wellKnown.serviceAccountLocalController,
        scopes: ['compute:control'],
        clusterIds: [clusterId],
      });
      const ask = async (document: string, input: object, by = controller): Promise<Loose> => {
        const [payload] = Object.values(await call('compute', document, { input: { clusterId, ...input } }, by));
        expect(payload).toMatchObject({ refusal: null });
        return payload ?? {};
      };
      await ask(HEARTBEAT, { gpus: 8, leases: [] });
      const job = { idempotencyKey: newId('audit'), grantId, name: 'x', command: ['/bin/true'], resources };
      await ask(SUBMIT, job, token);
      const claimed = await ask(CLAIM, { maximum: 1, leaseSeconds: 60 });
      const lease = claimed['leases']?.['0'];
      const reference = {
        jobId: lease?.['job']?.['id'],
        lease: lease?.['lease'],
        fencingToken: lease?.['fencingToken'],
      };
      const startedAt = new Date();
      const endedAt = new Date(startedAt.getTime() + seconds * 1_000);
      const ended = { sequence: 1, status: 'COMPLETED', startedAt, endedAt, logSequence: 0, exitCode: 0 };
      await ask(REPORT, { updates: [{ ...reference, ...ended }] });
    },
    async lookForRunOut() {
      await sql('access', `UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key = 'access.closeRunOut'`);
    },
    async stop() {
      for (const gateway of gateways) await gateway.stop();
      for (const name of ['access', 'compute', 'storage', 'accounting'] as const) await running.get(name)?.stop();
      await identity.stop();
      for (const database of databases.values()) await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
