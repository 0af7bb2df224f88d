import { join } from 'node:path';
import { decodeJwt, importJWK, SignJWT } from 'jose';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../cli/tour/graph.js';
import { type ServiceName, type SubgraphName, serviceNames, subgraphNames } from '../../platform/kernel/services.js';
import { loadKeyEncryptionKeys } from '../../subgraphs/identity/adapters/keyEncryptionKeys.js';
import { sealer } from '../../subgraphs/identity/adapters/sealer.js';
import { allScopes } from '../../subgraphs/identity/domain/scopes.js';
import { signingKeyPurpose } from '../../subgraphs/identity/usecases/purposes.js';
import { type DatabaseDigest, databaseDigest } from './support/databaseDigest.js';
import { type How, hows, type ListedRight, listedRights } from './support/listedRights.js';
import { openByDesign, openingOf } from './support/openByDesign.js';
import { type Operation, operationsOf, publicOperations } from './support/operations.js';
import { othersThan, plainRoutesOf } from './support/plainRoutes.js';
import { reachOf } from './support/reach.js';
import { type StolenMachine, stealMachine } from './support/stolenMachine.js';
import { type Belongings, makeTenantWorld, type TenantWorld } from './support/tenantWorld.js';
import { startWholeGraph, type WholeGraph } from './support/wholeGraph.js';

/*
 * Somebody has all that one service has: its machine with the private key, its database's passwords, and a person's token that
 * passes through its hands. For each of the six services a program tries every operation, every entity by its key and every plain
 * route of every other service, for things of a real owner that the service has nothing to do with, and for those it works on,
 * and every other database.
 *   1. What is not listed in that service's README under "What its keys can do elsewhere" is refused, tells nothing and changes
 *      no row of any table.
 *   2. What is listed is possible: so the list says neither too little nor too much.
 *   3. What is listed "(its own)" is refused for the things of others.
 * What anybody can do without a log-in (registering, well-known keys) is no right of a service and is found out first.
 */

let graph: WholeGraph;
let world: TenantWorld;
let digests: ReadonlyMap<SubgraphName, DatabaseDigest>;
let stand: Readonly<Record<string, string>>;
const machines = new Map<ServiceName, StolenMachine>();
/** What is open to whoever comes to the gateway. */
const anybodys = new Set<string>();
/** Ada's things that each service works on. */
let worked: Readonly<Record<ServiceName, Belongings>>;

beforeAll(async () => {
  graph = await startWholeGraph();
  world = await makeTenantWorld(graph.gatewayUrl, graph.home);
  worked = await worksOn();
  for (const name of serviceNames) machines.set(name, await stealMachine(graph, name));
  for (const { kind, name, call } of publicOperations()) {
    const { text } = await graph.viaGateway({ ...call(world.own), token: null });
    if (reachOf(kind, text).reached) anybodys.add(name);
  }
  const opened = [...graph.databases].map(
    async ([name, { ownerUrl }]) => [name, await databaseDigest(ownerUrl)] as const,
  );
  digests = new Map(await Promise.all(opened));
  stand = await eventually(30, 'The databases do not come to rest.', async () => {
    const [before, after] = [await readAll(), await readAll()];
    return Object.keys(after).every((table) => after[table] === before[table]) ? after : null;
  });
});
afterAll(async () => {
  await Promise.all([...digests.values()].map((digest) => digest.end()));
  for (const machine of machines.values()) await machine.remove();
  await graph.stop();
});

/** The holds, invoices and escrows of Ada's that access and compute made in their own work. */
async function worksOn(): Promise<Readonly<Record<ServiceName, Belongings>>> {
  const ask = async <Data>(document: string, variables: object = {}): Promise<Data> =>
    (await graph.viaGateway({ document, variables: { ...variables }, token: world.owner })).data as Data;
  const { accessRequests, job } = await ask<{
    accessRequests: { nodes: { hold: { id: string; status: string } | null; invoice: { id: string } | null }[] };
    job: { hold: { id: string } };
  }>(
    `query ($job: ID!) { accessRequests(first: 10) { nodes { hold { id status } invoice { id } } }
       job(id: $job) { hold { id } } }`,
    { job: world.own['jobId'] },
  );
  const open = accessRequests.nodes.find(({ hold }) => hold?.status === 'OPEN');
  const invoiceId = accessRequests.nodes.find(({ invoice }) => invoice !== null)?.invoice?.id;
  const { escrowId } = world.own;
  if (open?.hold == null || invoiceId === undefined || escrowId === undefined) throw new Error('the world lacks holds');
  const none = world.own;
  return {
    identity: none,
    accounting: none,
    storage: none,
    gateway: none,
    access: { ...none, accountId: escrowId, holdId: open.hold.id, invoiceId },
    compute: { ...none, accountId: escrowId, holdId: job.hold.id },
  };
}

async function readAll(): Promise<Readonly<Record<string, string>>> {
  const all = [...digests].map(async ([service, digest]) =>
    Object.entries(await digest.read()).map(([table, value]) => [`${service}.${table}`, value] as const),
  );
  return Object.fromEntries((await Promise.all(all)).flat());
}

async function whatChanged(): Promise<readonly string[]> {
  const now = await readAll();
  const changed = Object.keys(now).filter((table) => now[table] !== stand[table]);
  stand = now;
  return changed.map((table) => `${table} was changed`);
}

function machineOf(service: ServiceName): StolenMachine {
  const machine = machines.get(service);
  if (machine === undefined) throw new Error(`no machine of ${service}`);
  return machine;
}

const EXCHANGE = `mutation ($input: ExchangeTokenInput!) {
  exchangeToken(input: $input) { accessToken refusal { code } } }`;

/** What identity gives a service for a token and scopes: the token, or why not. */
async function exchanged(service: ServiceName, subjectToken: string, audience: string, scopes: readonly string[]) {
  const answer = await machineOf(service).ask('identity', {
    document: EXCHANGE,
    variables: { input: { subjectToken, audience, scopes } },
    token: null,
  });
  const { data, errors } = JSON.parse(answer.body.toString('utf8')) as {
    data?: { exchangeToken: { accessToken: string | null; refusal: { code: string } | null } | null } | null;
    errors?: readonly { extensions: { code: string } }[];
  };
  const payload = data?.exchangeToken;
  return { token: payload?.accessToken ?? null, code: errors?.[0]?.extensions.code ?? payload?.refusal?.code ?? 'OK' };
}

/** All the scopes that a service gets for the owner's session at another. */
async function scopesFor(service: ServiceName, audience: string): Promise<readonly string[]> {
  const tried = await Promise.all(
    allScopes.map(async (scope) =>
      (await exchanged(service, world.owner, audience, [scope])).code === 'OK' ? scope : [],
    ),
  );
  return tried.flat();
}

/** The best token that a thief has for a way: none, one exchanged for the owner's session, or that session's itself. */
async function tokenFor(service: ServiceName, at: SubgraphName, how: How): Promise<string | null> {
  if (how === 'in its own name') return null;
  const scopes = await scopesFor(service, at);
  return scopes.length === 0 ? world.owner : (await exchanged(service, world.owner, at, scopes)).token;
}

interface Way {
  readonly thief: ServiceName;
  readonly at: SubgraphName;
  readonly how: How;
}

/** Makes a try; whether it came through. */
async function reaches({ thief, at }: Way, operation: Operation, token: string | null, belongings: Belongings) {
  const answer = await machineOf(thief).ask(at, { ...operation.call(belongings), token });
  return reachOf(operation.kind, answer.body.toString('utf8'));
}

const listedFor = (way: Way, rights: readonly ListedRight[]) =>
  new Map(rights.filter(({ at, how }) => at === way.at && how === way.how).map((right) => [right.what, right]));

/** What a thief can do on a way beyond the rights that are listed, a line each. */
async function beyond(way: Way, rights: readonly ListedRight[], operations: readonly Operation[]) {
  const listed = listedFor(way, rights);
  const token = await tokenFor(way.thief, way.at, way.how);
  const found = operations.map(async (operation) => {
    const right = listed.get(operation.name);
    const tried = right === undefined ? [world.own, worked[way.thief]] : right.ownAlone ? [world.own] : [];
    const answers = await Promise.all(tried.map((things) => reaches(way, operation, token, things)));
    const through = answers.find(({ reached }) => reached);
    return through === undefined ? [] : [`${operation.kind} ${operation.name}: ${through.text.slice(0, 300)}`];
  });
  return (await Promise.all(found)).flat();
}

/** The operations that are tried on a way: what anybody can do is none of a service's rights. */
function triedOn({ thief, at, how }: Way): readonly Operation[] {
  const all = operationsOf(at).filter(({ name }) => !anybodys.has(name));
  // Whose tokens the gateway has in hand may do through it what they may: the public graph. What is between services is not theirs.
  return thief === 'gateway' && how !== 'in its own name'
    ? all.filter(({ kind, isPublic }) => kind !== 'entity' && !isPublic)
    : all;
}

it('nothing is left out as anybody’s but what is open to nobody in particular by design', () => {
  // Who is nobody is told nothing by it.
  const empty = ['viewer'];
  const open = Object.keys(openByDesign).filter((name) => openingOf(name, 'nobody') !== null && !empty.includes(name));
  expect([...anybodys].sort()).toEqual(open.sort());
});

describe.each(serviceNames)('a program with all that %s has', (thief) => {
  const rights = listedRights(thief);

  it('has secrets of its own, and nobody else’s', () => {
    const { secrets } = machineOf(thief);
    expect(secrets).toContain(join('keys', thief, 'private.jwk'));
    expect(secrets.filter((file) => !file.startsWith(join('keys', thief)))).toEqual([]);
  });

  const ways = othersThan(thief).flatMap((at) => hows.map((how): [SubgraphName, How] => [at, how]));
  it.each(ways)('can do at %s %s no more than its README lists, and changes nothing', async (at, how) => {
    const way: Way = { thief, at, how };
    expect([...(await beyond(way, rights, triedOn(way))), ...(await whatChanged())]).toEqual([]);
  });

  it.each(othersThan(thief))('can ask %s for no plain route that is not for everybody or listed', async (at) => {
    const found: string[] = [];
    for (const { path, requestPath } of plainRoutesOf(at, world.own)) {
      // Documents for a person are that person's at the gateway too.
      for (const how of thief === 'gateway' ? hows.slice(0, 1) : hows) {
        if (rights.some((right) => right.at === at && right.what === `GET ${path}`)) continue;
        const token = await tokenFor(thief, at, how);
        for (const method of ['GET', 'POST'] as const) {
          const answer = await machineOf(thief).request(at, method, requestPath, token);
          const open = await fetch(`${graph.urlOf(at)}${requestPath}`, { method });
          if (answer.status < 400 && open.status >= 400) found.push(`${method} ${path} ${how}: ${answer.status}`);
        }
      }
    }
    expect(found).toEqual([]);
  });

  it.each(othersThan(thief))('is nobody at %s with a session’s token, and is nobody else there', async (at) => {
    const call = { document: '{ __typename }', variables: {} };
    if (thief !== 'gateway') {
      expect((await machineOf(thief).ask(at, { ...call, token: world.owner })).status).toBe(401);
    }
    for (const pretended of serviceNames.filter((name) => name !== thief)) {
      expect((await machineOf(thief).ask(at, { ...call, token: null }, pretended)).status, pretended).toBe(401);
    }
  });

  it('gets by token exchange what is listed, and nothing from tokens that were made for others', async () => {
    for (const at of subgraphNames) {
      const scopes = thief === 'identity' ? [] : await scopesFor(thief, at);
      const isListed = rights.some((right) => right.at === at && right.how === "with a person's token");
      expect([at, scopes.length > 0]).toEqual([at, isListed]);
      // Tokens that others exchanged pass through the hands of whom they are for.
      for (const other of ['access', 'compute'] as const) {
        const theirs = (await exchanged(other, world.owner, 'accounting', ['accounting:spend'])).token ?? '';
        if (other === thief) continue;
        expect((await exchanged(thief, theirs, at, ['accounting:spend'])).token).toBeNull();
        if (at === thief) continue;
        expect(
          (await machineOf(thief).ask(at, { document: '{ __typename }', variables: {}, token: theirs })).status,
        ).toBe(401);
      }
    }
    const program = await exchanged(thief, world.intruders.program, 'accounting', ['accounting:usage']);
    expect(program.token).toBeNull();
  });
});

describe.each(subgraphNames)('a program with the database passwords of %s', (thief) => {
  const urls = () => {
    const { appUrl, ownerUrl } = graph.databases.get(thief) ?? { appUrl: '', ownerUrl: '' };
    return [appUrl, ownerUrl];
  };
  const fault = async (url: string): Promise<string> => {
    const client = new pg.Client({ connectionString: url });
    try {
      await client.connect();
      await client.end();
      return 'connected';
    } catch (error) {
      return String((error as { code?: string }).code);
    }
  };

  it.each(othersThan(thief))('cannot enter the database of %s, as itself or as another', async (other) => {
    const target = graph.databases.get(other);
    const INSUFFICIENT_PRIVILEGE = '42501';
    const INVALID_PASSWORD = '28P01';
    for (const url of urls()) {
      const entering = new URL(url);
      entering.pathname = new URL(target?.appUrl ?? '').pathname;
      expect(await fault(entering.href)).toBe(INSUFFICIENT_PRIVILEGE);
      for (const theirs of [target?.appUrl ?? '', target?.ownerUrl ?? '']) {
        entering.username = new URL(theirs).username;
        expect(await fault(entering.href)).toBe(INVALID_PASSWORD);
      }
      expect(await fault(url)).toBe('connected');
    }
  });

  it('has no right over the server, nor over another’s role, and sees no statement of others', async () => {
    for (const url of urls()) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      const { rows } =
        await client.query(`SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls AS any,
        (SELECT count(*)::int FROM pg_roles AS other WHERE other.rolname NOT IN (current_user, 'pg_database_owner') AND pg_has_role(current_user, other.oid, 'MEMBER')) AS others,
        (SELECT count(*)::int FROM pg_stat_activity WHERE usename <> current_user AND query NOT IN ('', '<insufficient privilege>')) AS seen
        FROM pg_roles WHERE rolname = current_user`);
      expect(rows).toEqual([{ any: false, others: 0, seen: 0 }]);
      for (const sql of [
        "SELECT pg_read_file('/etc/hostname')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        `SET ROLE ${othersThan(thief)[0]}_owner`,
        'SELECT rolpassword FROM pg_authid',
        'CREATE EXTENSION dblink',
      ]) {
        await expect(client.query(sql), sql).rejects.toThrow(
          /permission denied|could not open extension|not available/,
        );
      }
      await client.end();
    }
  });
});

// What is listed is tried last: it does what it says, to Ada's things.
describe.each(serviceNames)('what the README of %s lists', (thief) => {
  it('is possible, each of it', async () => {
    const idle: string[] = [];
    for (const right of listedRights(thief)) {
      const way: Way = { thief, ...right };
      const token = await tokenFor(thief, right.at, right.how);
      const [method, path] = right.what.split(' ');
      if (method === 'GET') {
        const route = plainRoutesOf(right.at, world.own).find((one) => one.path === path);
        const answer = await machineOf(thief).request(right.at, 'GET', route?.requestPath ?? '', token);
        if (answer.status !== 200) idle.push(`${right.what}: ${answer.status}`);
        continue;
      }
      const operation = operationsOf(right.at).find(({ name }) => name === right.what);
      if (operation === undefined) {
        idle.push(`${right.at} has no ${right.what}`);
        continue;
      }
      const tried = await Promise.all(
        [worked[thief], ...(right.ownAlone ? [] : [world.own])].map((things) => reaches(way, operation, token, things)),
      );
      if (!tried.some(({ reached }) => reached))
        idle.push(`${right.at} ${right.how} ${right.what}: ${tried[0]?.text.slice(0, 300)}`);
    }
    expect(idle).toEqual([]);
  });
});

describe('this test', () => {
  it('is able to fail: a right that no README lists is found', async () => {
    const way: Way = { thief: 'access', at: 'storage', how: 'in its own name' };
    const harmless = operationsOf('storage').filter(({ name }) => name === 'roomForDrive');
    expect(await beyond(way, [], harmless)).toEqual([expect.stringMatching(/^query roomForDrive: /)]);
    expect(await beyond(way, listedRights('access'), harmless)).toEqual([]);
  });

  it('is able to fail: a row that is changed by a try is found', async () => {
    await whatChanged();
    const url = graph.databases.get('storage')?.ownerUrl ?? '';
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query('UPDATE drive SET name = name || $1', ['!']);
    await client.end();
    expect(await whatChanged()).toContain('storage.public.drive was changed');
  });
});

describe('whoever has identity’s keys and database', () => {
  it('is whoever they want to be, at the gateway, as its README says', async () => {
    const owner = new pg.Client({ connectionString: graph.databases.get('identity')?.appUrl });
    await owner.connect();
    const { rows } = await owner.query(`SELECT kid, private_jwk FROM signing_key WHERE state = 'PUBLISHED'`);
    await owner.end();
    const [{ kid, private_jwk: sealed }] = rows;
    const keys = await loadKeyEncryptionKeys(machineOf('identity').home, { mayMake: false });
    const key = await importJWK(JSON.parse(sealer(keys).open(sealed, signingKeyPurpose(kid))), 'ES256');
    const { userId, sessionId } = world.own;
    const { iss } = decodeJwt(world.owner);
    const token = await new SignJWT({ scope: 'accounting:spend', sid: sessionId })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setIssuer(String(iss))
      .setAudience('tollgate')
      .setSubject(String(userId))
      .setJti('forged')
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(key);
    const document = '{ viewer { user { id } } }';
    const { data } = await graph.viaGateway({ document, variables: {}, token });
    expect(data).toEqual({ viewer: { user: { id: userId } } });
    for (const at of othersThan('identity')) {
      expect((await machineOf('identity').ask(at, { document: '{ __typename }', variables: {}, token })).status).toBe(
        401,
      );
    }
  });
});
