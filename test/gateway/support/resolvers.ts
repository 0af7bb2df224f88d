import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/index.js';
import type { SubgraphName } from '../../../platform/kernel/services.js';

const money = (amount: string) => ({ amount, unit: 'CREDIT' });
const page = (nodes: object[]) => ({
  edges: nodes.map((node) => ({ cursor: 'c', node })),
  nodes,
  pageInfo: { hasNextPage: false, endCursor: null },
});
const person = { id: 'usr_1', username: 'ada', displayName: 'Ada' };
const offer = { id: 'ofr_1', name: 'Storage', kind: 'STORAGE', status: 'ACTIVE', price: money('1'), per: 'GIB_MONTH' };

/** Just enough of each subgraph for the tests: one person with an account, a grant and a drive. */
export const fakeResolvers: Readonly<Record<SubgraphName, GraphQLResolverMap<unknown>>> = {
  identity: {
    Query: { viewer: () => ({ user: person, scopes: [] }), user: () => person },
    User: { __resolveReference: (reference: object) => ({ ...reference, ...person }) },
    Mutation: {
      logIn: () => ({ accessToken: 'fresh', refusal: null }),
      logOut: () => ({ session: null, refusal: { __typename: 'Refused', code: 'X', message: 'x' } }),
    },
  },
  accounting: {
    Query: { account: () => ({ id: 'acc_1', name: 'Lab' }) },
    User: {
      __resolveReference: (reference: object) => reference,
      accounts: () => page([{ id: 'acc_1', name: 'Lab', balance: { available: money('100') } }]),
    },
    Account: { __resolveReference: ({ id }: { id: string }) => (id === 'acc_hidden' ? null : { id, name: 'Escrow' }) },
    Mutation: { openAccount: () => ({ account: { id: 'acc_2', name: 'New' }, refusal: null }) },
  },
  access: {
    Query: {
      offers: () => page([offer]),
      offer: () => offer,
      grant: (_: unknown, { id }: { id: string }) => ({ id, status: 'ACTIVE', offer, escrow: { id: `acc_${id}` } }),
    },
    User: {
      __resolveReference: (reference: object) => reference,
      grants: () => page([{ id: 'grt_1', status: 'ACTIVE' }]),
    },
    Grant: { __resolveReference: (reference: { id: string }) => (reference.id === 'grt_hidden' ? null : reference) },
  },
  storage: {
    Query: { drive: () => ({ id: 'drv_1', name: 'data' }) },
    User: { __resolveReference: (reference: object) => reference, drives: () => page([{ id: 'drv_1', name: 'data' }]) },
    Grant: { __resolveReference: (reference: object) => reference, drive: () => ({ id: 'drv_1', name: 'data' }) },
  },
  compute: {
    Query: { job: (_: unknown, { id }: { id: string }) => ({ id, name: 'sum', grant: { id: 'grt_hidden' } }) },
    User: { __resolveReference: (reference: object) => reference, jobs: () => page([]) },
    Mutation: { submitJob: () => ({ job: null, refusal: { __typename: 'Refused', code: 'X', message: 'x' } }) },
  },
};
