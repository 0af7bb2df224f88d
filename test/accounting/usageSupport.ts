import { newId } from '../../platform/kernel/ids.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, type Outcome, type TestPerson } from './support.js';

/** A cluster with prices, and its controller. */
export interface TestCluster {
  readonly clusterId: string;
  readonly controller: { readonly token: string };
}

/** What a result of recordUsage says in tests. */
export interface ResultView {
  readonly status: string;
  readonly charged: { readonly amount: string } | null;
  readonly owed: { readonly amount: string } | null;
  readonly refusal: { readonly code: string } | null;
}

/** An hour that is over. */
export const HOUR_AGO = new Date(Date.now() - 2 * 3_600_000);

/** A record of one core for an hour, unless told otherwise. */
export const record = (externalId: string, more: object = {}) => ({
  externalId,
  resource: 'standard',
  start: HOUR_AGO.toISOString(),
  end: new Date(HOUR_AGO.getTime() + 3_600_000).toISOString(),
  cpuSeconds: '3600',
  ...more,
});

/** Prices of a resource: 1 CREDIT per core-hour, 10 per GPU-hour, 0.25 per GiB-hour, 1 per GiB-month. */
export const pricesOf = (resource: string) => [
  { resource, per: 'CORE_HOUR', price: credit('1') },
  { resource, per: 'GPU_HOUR', price: credit('10') },
  { resource, per: 'MEMORY_GIB_HOUR', price: credit('0.25') },
  { resource, per: 'STORAGE_GIB_MONTH', price: credit('1') },
];

/** Publishes rates as an operator unless told otherwise. */
export const publish = (
  accounting: AccountingHarness,
  clusterId: string,
  more: object = {},
  person: { token: string } = accounting.operator,
): Promise<Outcome> =>
  accounting.mutate(
    'publishRates',
    { clusterId, payeeAccountId: wellKnown.accountRevenueLocal, rates: pricesOf('standard'), ...more },
    'rateCard { id clusterId validFrom payee { id } rates { resource per price { amount unit } } }',
    { token: person.token },
  );

/** A token of a controller. */
export const controllerOf = async (
  accounting: AccountingHarness,
  clusterIds: readonly string[],
  scopes = ['accounting:usage'],
): Promise<{ token: string }> => ({
  token: await accounting.identity.issueToken({ subject: newId('serviceAccount'), scopes, clusterIds }),
});

/** A cluster of its own whose prices hold since yesterday. */
export async function newCluster(accounting: AccountingHarness): Promise<TestCluster> {
  const clusterId = newId('cluster');
  const yesterday = new Date(Date.now() - 86_400_000).toISOString();
  idOf(await publish(accounting, clusterId, { validFrom: yesterday }), 'rateCard');
  return { clusterId, controller: await controllerOf(accounting, [clusterId]) };
}

/** Calls recordUsage. */
export const send = (
  accounting: AccountingHarness,
  { clusterId, controller }: TestCluster,
  records: readonly object[],
  more: object = {},
): Promise<Outcome> =>
  accounting.mutate(
    'recordUsage',
    { clusterId, records, ...more },
    'charged { amount } results { externalId segment status charged { amount unit } owed { amount } refusal { code message } }',
    { token: controller.token },
  );

/** Each result in short: status, what was charged, and the code if there is one. */
export function inShort({ payload, fault }: Outcome): readonly string[] {
  if (payload?.['results'] == null) return [fault ?? payload?.refusal?.code ?? 'nothing'];
  return (payload['results'] as readonly ResultView[]).map(({ status, charged, owed, refusal }) =>
    [
      status,
      charged?.amount ?? '-',
      ...(owed === null || owed.amount === '0' ? [] : [`owed ${owed.amount}`]),
      ...(refusal === null ? [] : [refusal.code]),
    ].join(' '),
  );
}

/** What an account has. */
export const postedOn = async (accounting: AccountingHarness, id: string, person: TestPerson): Promise<string> =>
  (await accounting.balanceOf(id, person))['posted'] ?? '';
