/** The five subgraphs. */
export const subgraphNames = ['identity', 'accounting', 'storage', 'compute', 'access'] as const;
/** A subgraph. */
export type SubgraphName = (typeof subgraphNames)[number];

/** All processes that sign calls: the subgraphs and the gateway. */
export const serviceNames = [...subgraphNames, 'gateway'] as const;
/** A process that signs calls. */
export type ServiceName = (typeof serviceNames)[number];

/** The audience of access tokens that were not exchanged: every subgraph takes them. */
export const EVERY_SERVICE = 'tollgate';

/** Whom each subgraph may call. Calls go one way; a test reads this against what is really called. */
export const peersOf: Readonly<Record<ServiceName, readonly SubgraphName[]>> = {
  identity: [],
  accounting: ['identity'],
  storage: ['identity', 'accounting'],
  compute: ['identity', 'accounting', 'storage'],
  access: ['identity', 'accounting', 'storage', 'compute'],
  gateway: ['identity', 'access', 'accounting', 'storage', 'compute'],
};

/** Who may call a subgraph: the reverse of peersOf. */
export function callersOf(subgraph: SubgraphName): readonly ServiceName[] {
  return serviceNames.filter((service) => peersOf[service].includes(subgraph));
}
