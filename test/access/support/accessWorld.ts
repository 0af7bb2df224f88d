import { generateKeyPair } from 'jose';
import pg from 'pg';
import type { Roles } from '../../../platform/auth/memberships.js';
import type { Person, Viewer } from '../../../platform/auth/viewer.js';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { makeLogger } from '../../../platform/server/log.js';
import type { AccessRequest } from '../../../subgraphs/access/domain/accessRequest.js';
import { firstBootOffers } from '../../../subgraphs/access/domain/firstBootOffers.js';
import { PrismaClient } from '../../../subgraphs/access/generated/prisma/client.js';
import { ensureOffers } from '../../../subgraphs/access/persistence/offers.js';
import { quoteSeal } from '../../../subgraphs/access/persistence/quoteSeal.js';
import { type Access, composeAccess } from '../../../subgraphs/access/subgraph.js';
import type { RequestAccessInput } from '../../../subgraphs/access/usecases/accessWish.js';
import type { Caller } from '../../../subgraphs/access/usecases/ports.js';
import { freshDatabase } from '../../support/database.js';
import { FakePeers } from './fakePeers.js';

/** How long a runner of a test has a saga; tests wait for it to lapse. */
export const LEASE_MS = 150;

/** Access on a database of its own, with peers in memory; two of them are two replicas. */
export interface AccessWorld {
  readonly access: Access;
  readonly fake: FakePeers;
  readonly prisma: PrismaClient;
  /** Who is in which groups, and who is disabled, as the feed would tell. */
  readonly members: Map<string, Roles>;
  readonly disabled: Set<string>;
  /** The machine's clock, unless a test sets a time. */
  readonly clock: { now(): Date; set(now: Date | null): void };
  /** Another replica on the same database and peers. */
  replica(): Access;
  /** Runs the tasks that are waiting, as a worker would once they fall due; their times are not waited for. */
  work(access?: Access): Promise<number>;
  /** Runs SQL as the owner. */
  asOwner<Row>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Waits until a lease has lapsed. */
  lapse(): Promise<void>;
  stop(): Promise<void>;
}

/** What a worker tells a task. */
export const firstAttempt = { jobId: '1', attempt: 1, maxAttempts: 25, signal: new AbortController().signal };

/** Builds one. */
export async function makeAccessWorld(): Promise<AccessWorld> {
  const database = await freshDatabase('access');
  const prisma = new PrismaClient({
    adapter: prismaAdapter(database.appUrl, { poolSize: 10 }),
    transactionOptions: { maxWait: 7_000 },
  });
  await ensureOffers(prisma, firstBootOffers);
  const owner = new pg.Client({ connectionString: database.ownerUrl });
  await owner.connect();
  const fake = new FakePeers();
  let present: Date | null = null;
  const clock = {
    now: () => present ?? new Date(),
    set: (now: Date | null) => {
      present = now;
    },
  };
  const config = { logLevel: 'silent', leaseMs: LEASE_MS, callTimeoutMs: 1_000 };
  const log = makeLogger('access', 'silent');
  const members = new Map<string, Roles>();
  const disabled = new Set<string>();
  const people = {
    of: (userId: string) => ({ isDisabled: disabled.has(userId), roles: members.get(userId) ?? new Map() }),
  };
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const seal = quoteSeal({ privateKey, publicKeyOf: async () => publicKey }, 'https://test.example');
  const replica = () =>
    composeAccess({ prisma, peers: fake.peers, people, quoteSeal: seal, config, clock, newId, log });
  const access = replica();
  const asOwner = async <Row>(sql: string, values: unknown[] = []) => (await owner.query(sql, values)).rows as Row[];
  return {
    access,
    fake,
    prisma,
    members,
    disabled,
    clock,
    replica,
    asOwner,
    async work(by = access) {
      await by.tasks['access.takeUpLeft']?.({}, firstAttempt);
      const jobs = await asOwner<{ id: string; task: string; payload: unknown }>(
        `WITH taken AS (DELETE FROM graphile_worker._private_jobs RETURNING id, task_id, payload)
         SELECT taken.id, identifier AS task, payload FROM taken
         JOIN graphile_worker._private_tasks AS known ON known.id = taken.task_id ORDER BY taken.id`,
      );
      for (const { id, task, payload } of jobs) {
        await by.tasks[task]?.(payload, { ...firstAttempt, jobId: id });
      }
      return jobs.length;
    },
    lapse: () => new Promise((resolve) => setTimeout(resolve, LEASE_MS + 20)),
    async stop() {
      await access.drain();
      await prisma.$disconnect();
      await owner.end();
      await database.drop();
    },
  };
}

const ALL_SCOPES = new Set(['access:request', 'accounting:spend', 'storage:write']);

/** A person with all scopes. */
export const makePerson = (over: Partial<Person> = {}): Person => ({
  kind: 'person',
  userId: newId('user'),
  sessionId: newId('session'),
  tokenId: 'token',
  scopes: ALL_SCOPES,
  operator: false,
  roles: new Map(),
  actor: null,
  expiresAt: new Date(Date.now() + 600_000),
  ...over,
});

/** A call of somebody, with time enough for the whole chain. */
export const callOf = (viewer: Viewer, over: Partial<Caller> = {}): Caller => ({
  viewer,
  token: 'token',
  requestId: 'test',
  clientIp: '192.0.2.1',
  userAgent: 'test',
  deadlineAt: Date.now() + 8_000,
  ...over,
});

/** Gives somebody roles, also in the feed. */
export function withRoles(
  world: AccessWorld,
  person: Person,
  roles: Readonly<Record<string, 'MEMBER' | 'ADMIN'>>,
): Person {
  const known: Roles = new Map(Object.entries(roles));
  world.members.set(person.userId, known);
  return { ...person, roles: known };
}

/** Whole CREDIT in millionths. */
export const credits = (amount: number): bigint => BigInt(amount) * 1_000_000n;

/** An instant so many days from now, a whole second. */
export const inDays = (days: number): Date => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + days * 86_400_000);

/** Somebody who asks for access. */
export interface Asking {
  readonly person: Person;
  readonly accountId: string;
  readonly input: RequestAccessInput;
}

/** A person with an account that has 100 CREDIT unless told, and a wish for a drive of 10 GiB for a month. */
export function makeAsking(world: AccessWorld, spendable: bigint = credits(100)): Asking {
  const person = makePerson();
  const accountId = newId('account');
  world.fake.available.set(accountId, spendable);
  const input = {
    idempotencyKey: newId('audit'),
    offerId: wellKnown.offerStorage,
    quantity: '10',
    endsAt: inDays(30),
    accountId,
    name: 'My drive',
  };
  return { person, accountId, input };
}

/** The same for 10 core-hours. */
export function makeComputeAsking(world: AccessWorld): Asking {
  const asking = makeAsking(world);
  return { ...asking, input: { ...asking.input, offerId: wellKnown.offerCompute, name: 'My cores' } };
}

/** Asks for access and gives the request. @throws where it was refused */
export async function ask(
  world: AccessWorld,
  { person, input }: Pick<Asking, 'person' | 'input'>,
): Promise<AccessRequest> {
  const answer = await world.access.usecases.requestAccess(callOf(person), input);
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.code}`);
  return answer.value;
}

/** A request's trail as `step result`. */
export async function trailOf(world: AccessWorld, requestId: string): Promise<readonly string[]> {
  const rows = await world.prisma.accessRequestEvent.findMany({ where: { requestId }, orderBy: { id: 'asc' } });
  return rows.map(({ step, result }) => `${step} ${result}`);
}
