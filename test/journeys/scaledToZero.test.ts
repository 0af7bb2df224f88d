import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type Money, mutationDocument } from '../../cli/tour/graph.js';
import { micros } from '../../cli/tour/steps/balances.js';
import { type ServiceName, type SubgraphName, serviceNames } from '../../platform/kernel/services.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { type CrashStand, startCrashStand } from '../support/crashStand.js';

/*
 * Each of the six services in turn has no process any more while the others run on: what is its own is answered with
 * SUBGRAPH_UNAVAILABLE, what is the others' as before; the chain that was in the middle waits where it needs the service, and goes on
 * where it does not; a new request is refused, or waits likewise. Then it is started again, alone: all is as it was, what waited ends,
 * and what was refused can be asked for again with the same key.
 */
/** What had no answer is tried again after a minute at most. */
const END_SECONDS_MAX = 120;
const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
const offers = { STORAGE: wellKnown.offerStorage, COMPUTE: wellKnown.offerCompute };
type Kind = keyof typeof offers;

/** A field of each service's own. */
const FIELDS: Readonly<Record<SubgraphName, string>> = {
  identity: 'viewer { user { username } }',
  accounting: 'account(id: $account) { name balance { posted { amount } overdraftLimit { amount } } }',
  storage: 'drive(id: $drive) { name quota }',
  compute: 'cluster(id: $cluster) { name }',
  access: 'accessRequest(id: $request) { name status }',
};
const QUESTION = `query ($account: ID!, $drive: ID!, $cluster: ID!, $request: ID!) {
  ${Object.entries(FIELDS)
    .map(([service, field]) => `${service}: ${field}`)
    .join('\n  ')}
}`;
type Answer = Readonly<Record<SubgraphName, unknown>>;
interface Request {
  readonly id: string;
  readonly status: string;
  readonly grant: { readonly drive: { readonly id: string } | null } | null;
}

/** What comes of a request that is made meanwhile: an error and no request, one that waits, or one that waits for so long. */
type Meanwhile = 'REFUSED' | 'WAITS' | 'WAITS_FOR_SO_LONG';

interface Away {
  readonly service: ServiceName;
  /** What is requested, and where its chain is when the service goes. */
  readonly kind: Kind;
  readonly at: string;
  /** Whether that chain comes to its end without the service. */
  readonly goesOn: boolean;
  readonly meanwhile: Meanwhile;
}
const rows: readonly Away[] = [
  { service: 'identity', kind: 'STORAGE', at: 'provision.before', goesOn: true, meanwhile: 'REFUSED' },
  // Nobody but the person can have a price reserved: what their call did not live to see is undone.
  { service: 'accounting', kind: 'STORAGE', at: 'provision.after', goesOn: false, meanwhile: 'WAITS_FOR_SO_LONG' },
  { service: 'storage', kind: 'STORAGE', at: 'provision.before', goesOn: false, meanwhile: 'WAITS' },
  { service: 'compute', kind: 'COMPUTE', at: 'provision.before', goesOn: false, meanwhile: 'WAITS' },
  { service: 'access', kind: 'COMPUTE', at: 'provision.after', goesOn: false, meanwhile: 'REFUSED' },
  { service: 'gateway', kind: 'COMPUTE', at: 'provision.before', goesOn: true, meanwhile: 'REFUSED' },
];

describe('a service without any process', () => {
  let stand: CrashStand;
  let variables: Readonly<Record<string, string>>;

  const wishOf = (name: string, kind: Kind) => ({
    idempotencyKey: name,
    offerId: offers[kind],
    quantity: '1',
    endsAt,
    accountId: stand.accountId,
    name,
  });
  const SELECTION = 'accessRequest { id status grant { drive { id } } }';
  const request = async (name: string, kind: Kind) =>
    (await stand.ask<{ accessRequest: Request | null }>('requestAccess', wishOf(name, kind), SELECTION))?.accessRequest;
  const statusOf = async (name: string): Promise<string | undefined> =>
    (await stand.sql<{ status: string }>('SELECT status FROM access_request WHERE name = $1', [name]))[0]?.status;
  const becomes = (name: string, ...statuses: ('ACTIVE' | 'FAILED')[]): Promise<true> =>
    eventually(END_SECONDS_MAX, `${name} does not become ${statuses}.`, async () => {
      const status = await statusOf(name);
      return statuses.some((wanted) => wanted === status) ? true : null;
    });
  /** What the person has left, with all that grants were paid: what was put in, unless something is lost. */
  const moneyThere = async (): Promise<bigint> => {
    const [paid] = await stand.sql<{ sum: string }>(
      'SELECT coalesce(sum(paid_micros), 0)::text AS sum FROM access_grant',
    );
    type Account = { readonly account: { readonly balance: { readonly posted: Money; readonly held: Money } } };
    const document =
      'query ($account: ID!) { account(id: $account) { balance { posted { amount unit } held { amount unit } } } }';
    const { data } = await stand.graph<Account>(document, variables);
    const { posted, held } = data?.account.balance ?? { posted: null, held: null };
    expect(held?.amount).toBe('0');
    return BigInt(paid?.sum ?? 0) + (posted === null ? 0n : micros(posted));
  };

  beforeAll(async () => {
    // A chain that is paused stays with its runner, however slow the machine is.
    stand = await startCrashStand({ ACCESS_LEASE_MS: '99999' });
    const made = await eventually(60, 'No drive was made.', async () => {
      const found = await request('drive', 'STORAGE');
      return found?.status === 'ACTIVE' ? found : null;
    });
    variables = {
      account: stand.accountId,
      drive: made.grant?.drive?.id ?? '',
      cluster: wellKnown.clusterLocal,
      request: made.id,
    };
  });
  afterAll(() => stand.stop());

  it.each(rows)('$service: the others go on, nothing is lost, and all comes back by itself', async (row) => {
    const { service, kind, at, goesOn, meanwhile } = row;
    const before = await stand.graph<Answer>(QUESTION, variables);
    expect(before.errors).toEqual([]);
    for (const [name, value] of Object.entries(before.data ?? {})) expect(value, name).not.toBeNull();
    const money = await moneyThere();
    const others = serviceNames.filter((name) => name !== service).map((name) => [name, stand.pidOf(name)] as const);
    const point = `access.requestAccess.${at}`;
    await stand.arm({ [point]: 'pause' });
    const waiting = `${service}-waiting`;
    const asked = request(waiting, kind);
    await stand.fired(point);

    if (service === 'access') {
      // What is paused in it keeps it from a clean end.
      await stand.kill(service);
    } else {
      await stand.end(service);
      stand.resume('access');
    }
    await asked;

    await readsWithout(service, before.data);
    const fresh = `${service}-fresh`;
    const answer = await stand
      .graph(mutationDocument('requestAccess', SELECTION), { input: wishOf(fresh, kind) })
      .catch((error: Error) => error);
    if (meanwhile === 'REFUSED') {
      if (service === 'gateway') expect(answer).toMatchObject({ message: 'fetch failed' });
      else expect(answer).toMatchObject({ errors: [{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', service } }] });
      expect(await statusOf(fresh)).toBeUndefined();
    } else {
      expect(['SUBMITTED', 'PROVISIONING']).toContain(await statusOf(fresh));
    }
    if (goesOn) await becomes(waiting, 'ACTIVE');
    else expect(await statusOf(waiting)).toBe('PROVISIONING');

    await stand.revive(service);
    await becomes(waiting, 'ACTIVE');
    // What was refused is asked for again as it was; the others end by themselves.
    if (meanwhile === 'REFUSED')
      await eventually(60, 'It is still refused.', async () => (await request(fresh, kind)) ?? null);
    await becomes(fresh, 'ACTIVE', ...(meanwhile === 'WAITS_FOR_SO_LONG' ? (['FAILED'] as const) : []));
    const after = await stand.graph<Answer>(QUESTION, variables);
    expect(after.errors).toEqual([]);
    expect({ ...after.data, accounting: null }).toEqual({ ...before.data, accounting: null });
    expect(await moneyThere()).toBe(money);
    for (const [name, pid] of others) {
      expect(stand.pidOf(name), name).toBe(pid);
      process.kill(pid, 0);
    }
    await assertInvariants(stand.urls);
  });

  /** What is the service's own is answered with a code, what is the others' as before. */
  async function readsWithout(service: ServiceName, before: Answer | null): Promise<void> {
    if (service === 'gateway') {
      await expect(stand.graph(QUESTION, variables)).rejects.toThrow('fetch failed');
      return;
    }
    const { data, errors } = await stand.graph<Answer>(QUESTION, variables);
    expect(errors).toMatchObject([{ extensions: { code: 'SUBGRAPH_UNAVAILABLE', service } }]);
    // The account's balance moves with the chain.
    const still = {
      ...before,
      ...(service === 'accounting' ? {} : { accounting: expect.anything() }),
      [service]: null,
    };
    expect(data).toEqual(still);
  }
});
