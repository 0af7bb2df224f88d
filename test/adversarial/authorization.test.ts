import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../cli/tour/graph.js';
import { type SubgraphName, subgraphNames } from '../../platform/kernel/services.js';
import { type DatabaseDigest, databaseDigest } from './support/databaseDigest.js';
import { callOf, entityCallOf, placeOf, type RootField, rootFieldsOf } from './support/generateCalls.js';
import { unsaidIds } from './support/inputValues.js';
import { faultOf, isTried, namedBy, type Try, wrongServiceAt } from './support/intrusion.js';
import { openByDesign, type Trier } from './support/openByDesign.js';
import { entitiesOf, publicSchema, schemaOf } from './support/subgraphSchemas.js';
import { entityIds, makeTenantWorld, type TenantWorld } from './support/tenantWorld.js';
import { type GraphCall, type GraphText, startWholeGraph, type WholeGraph } from './support/wholeGraph.js';

/*
 * Every query, mutation and entity key of the whole graph, as the schemas have them, is called for real things of a real
 * owner by those who have no right to them:
 *   1. nobody, a stranger, a member of the group without the right, a program outside its scopes and clusters, an operator's
 *      and the owner's own session after they were narrowed, a service without a right of its own;
 *   2. through the gateway, straight at the subgraph's port in the gateway's name, and there without an assertion.
 * Each is answered UNAUTHENTICATED, FORBIDDEN or NOT_FOUND, is told nothing, and changes no row of any table but those that
 * databaseDigest.ts names. What is open to some is a table, openByDesign.ts. What the schema gains, an argument or an entity,
 * fails here by name until inputValues.ts and the tenant's world know what it is given.
 */

const triers: readonly Trier[] = [
  'nobody',
  'stranger',
  'member',
  'program',
  'narrowedOperator',
  'narrowedOwner',
  'wrongService',
];
const publicFields = new Map(rootFieldsOf(publicSchema).map((root) => [root.name, root]));
let graph: WholeGraph;
let world: TenantWorld;
let digests: ReadonlyMap<SubgraphName, DatabaseDigest>;
let stand: Readonly<Record<string, string>>;
beforeAll(async () => {
  graph = await startWholeGraph();
  world = await makeTenantWorld(graph.gatewayUrl, graph.home);
  const opened = [...graph.databases].map(
    async ([name, { ownerUrl }]) => [name, await databaseDigest(ownerUrl)] as const,
  );
  digests = new Map(await Promise.all(opened));
  // What was done last is still on its way by the feed.
  stand = await eventually(30, 'The databases do not come to rest.', async () => {
    const [before, after] = [await readAll(), await readAll()];
    return changedBetween(before, after).length === 0 ? after : null;
  });
});
afterAll(async () => {
  await Promise.all([...digests.values()].map((digest) => digest.end()));
  await graph.stop();
});

async function readAll(): Promise<Readonly<Record<string, string>>> {
  const all = [...digests].map(async ([service, digest]) =>
    Object.entries(await digest.read()).map(([table, value]) => [`${service}.${table}`, value] as const),
  );
  return Object.fromEntries((await Promise.all(all)).flat());
}

const changedBetween = (before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) =>
  Object.keys(after).filter((table) => after[table] !== before[table]);

/** The tables that have changed since the last look, as lines of what is wrong. */
async function whatChanged(): Promise<readonly string[]> {
  const now = await readAll();
  const changed = changedBetween(stand, now);
  stand = now;
  return changed.map((table) => `${table} was changed`);
}

const tokenOf = (trier: Trier): string | null =>
  trier === 'nobody' || trier === 'wrongService' ? null : world.intruders[trier];

/** Makes a try on all ways; what is wrong with the answers, one line each. */
async function attack(
  one: Try,
  ways: Readonly<Record<string, (call: GraphCall) => Promise<GraphText>>>,
  make: MakeCall,
) {
  const token = tokenOf(one.trier);
  const lines = await Promise.all(
    Object.entries(ways).map(async ([way, send]) => {
      const call = make(one, way);
      const fault = faultOf(one, await send({ ...call, token }), call.variables, world);
      return fault === '' ? [] : [`${one.trier}, ${way}: ${one.target} ${fault}`];
    }),
  );
  return lines.flat();
}

type MakeCall = (one: Try, way: string) => Omit<GraphCall, 'token'>;

/** The ways to a subgraph: the public one where it has the field. */
function waysTo(service: SubgraphName, trier: Trier, isPublic: boolean) {
  const caller = trier === 'wrongService' ? wrongServiceAt[service] : 'gateway';
  return {
    straight: (call: GraphCall) => graph.straight(service, call, caller),
    ...(isPublic && trier !== 'wrongService' ? { 'through the gateway': graph.viaGateway } : {}),
  };
}

describe.each(subgraphNames)('%s', (service) => {
  const roots = rootFieldsOf(schemaOf(service));
  it.each(roots.map((root) => [`${root.kind} ${root.name}`, root] as const))('%s', async (_name, root) => {
    const shown = publicFields.get(root.name);
    const make: MakeCall = (one, way) => callOf(way === 'straight' ? root : (shown ?? root), namedBy(one, world));
    const tries = triers.map((trier): Try => ({ target: root.name, kind: root.kind, trier })).filter(isTried);
    const lines = await Promise.all(
      tries.map((one) => attack(one, waysTo(service, one.trier, shown !== undefined), make)),
    );
    await isShut(service, root, shown !== undefined);
    expect([...lines.flat(), ...(await whatChanged())]).toEqual([]);
  });

  it.each(entitiesOf(service).map((type) => [type.name, type] as const))('entity %s', async (name, type) => {
    const id = entityIds(world)[name];
    if (id === undefined) throw new Error(`The tenant has no ${name}: say in tenantWorld.ts which thing it is.`);
    const make: MakeCall = () => entityCallOf(type, id, world.own);
    const tries = triers.map((trier): Try => ({ target: name, kind: 'entity', trier })).filter(isTried);
    const lines = await Promise.all(tries.map((one) => attack(one, waysTo(service, one.trier, false), make)));
    const outside = await graph.viaGateway({
      ...make({ target: name, kind: 'entity', trier: 'nobody' }, ''),
      token: null,
    });
    expect(outside).toMatchObject({ data: null, codes: ['BAD_USER_INPUT'] });
    expect([...lines.flat(), ...(await whatChanged())]).toEqual([]);
  });
});

/** Without an assertion nobody is let in at a subgraph's port; what is between services is no field of the public graph. */
async function isShut(service: SubgraphName, root: RootField, isPublic: boolean): Promise<void> {
  const call = callOf(root, world.own);
  for (const token of [null, world.intruders.stranger]) {
    expect(await graph.unsigned(service, { ...call, token })).toMatchObject({
      status: 401,
      data: null,
      codes: ['ASSERTION_INVALID'],
    });
  }
  if (isPublic) return;
  const outside = await graph.viaGateway({ ...call, token: world.intruders.stranger });
  expect(outside).toMatchObject({ status: 400, data: null, codes: ['BAD_USER_INPUT'] });
}

describe('what is said of the graph', () => {
  it('says of every optional id what it is given, or why it is left out', () => {
    const unsaid = subgraphNames.flatMap((service) =>
      rootFieldsOf(schemaOf(service)).flatMap(({ kind, name, field }) =>
        field.args.flatMap((arg) => unsaidIds({ place: placeOf(kind, name, arg.name), type: arg.type })),
      ),
    );
    expect([...new Set(unsaid)]).toEqual([]);
  });

  it('opens nothing that is not there', () => {
    const known = new Set(
      subgraphNames.flatMap((service) => [
        ...rootFieldsOf(schemaOf(service)).map(({ name }) => name),
        ...entitiesOf(service).map(({ name }) => name),
      ]),
    );
    expect(Object.keys(openByDesign).filter((name) => !known.has(name))).toEqual([]);
  });
});
