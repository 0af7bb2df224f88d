import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import type { TestPerson } from '../identity/support/identityHarness.js';
import { type PublicGraph, startPublicGraph } from './support/publicGraph.js';

let graph: PublicGraph;
let ada: TestPerson;
let adas: string;
let bobs: string;
let operator: string;

beforeAll(async () => {
  graph = await startPublicGraph();
  ada = await graph.identity.newPerson();
  operator = (await graph.identity.logIn(await graph.identity.operator())).accessToken;
  bobs = (await graph.identity.logIn(await graph.identity.newPerson())).accessToken;
  adas = (await graph.identity.logIn(ada)).accessToken;
});
afterAll(() => graph.stop());

interface Trail {
  readonly nodes: readonly { action: string; outcome: string; actor: string; target: string | null }[];
}
const ENTRIES = '(first: 50) { nodes { action outcome actor target clientIp detail { name value } } }';

describe('the audit, in one graph', () => {
  it('tells a person in one query what they did in every service; a service that is away is null alone', async () => {
    const input = { idempotencyKey: randomUUID(), owner: { userId: ada.id }, name: 'mine', unit: wellKnown.unit };
    expect(await graph.outcomeOf('openAccount', input, { token: adas })).toBe('OK');
    await graph.outcomeOf('logIn', { username: ada.username, password: 'wrong password', code: '000000' });
    const { data, fault } = await graph.ask(
      `{ viewer { user { audit { identity ${ENTRIES} accounting ${ENTRIES} storage ${ENTRIES} } } } }`,
      {},
      { token: adas },
    );
    const trail = (data as { viewer: { user: { audit: Record<string, Trail | null> } } }).viewer.user.audit;
    expect(fault).toBe('SUBGRAPH_UNAVAILABLE');
    expect(trail['storage']).toBeNull();
    expect(trail['accounting']?.nodes).toMatchObject([{ action: 'openAccount', outcome: 'OK', actor: ada.id }]);
    const inIdentity = trail['identity']?.nodes ?? [];
    expect(inIdentity[0]).toMatchObject({
      action: 'logIn',
      outcome: 'INVALID_CREDENTIALS',
      actor: 'anonymous',
      target: ada.id,
    });
    expect(inIdentity.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['logIn', 'confirmTotp', 'registerUser']),
    );
    expect(JSON.stringify(trail)).not.toContain('wrong password');
  });

  it('is everybody’s for operators, filtered, and nobody’s for others', async () => {
    const query = `query ($filter: AuditFilter) { audit { identity(filter: $filter) { nodes { action target } } } }`;
    const filter = { action: 'confirmTotp', target: ada.id };
    const mine = await graph.ask(query, { filter }, { token: operator });
    expect(mine.data).toEqual({ audit: { identity: { nodes: [{ action: 'confirmTotp', target: ada.id }] } } });
    const others = await graph.ask(query, { filter }, { token: bobs });
    expect([others.data, others.fault]).toEqual([{ audit: null }, 'FORBIDDEN']);
    const nobody = await graph.ask(query, { filter });
    expect(nobody.fault).toBe('UNAUTHENTICATED');
  });

  it('of another person is as if there were none, also for who asks a service straight', async () => {
    const query = `query ($id: ID!) { user(id: $id) { audit { identity { nodes { id } } } } }`;
    const others = await graph.ask(query, { id: ada.id }, { token: bobs });
    expect(others.fault).toBe('NOT_FOUND');
    for (const id of [ada.id, 'all']) {
      const { errors } = await graph.accounting.call(
        `query ($of: [_Any!]!) { _entities(representations: $of) { ... on AuditTrail { accounting { nodes { id } } } } }`,
        { of: [{ __typename: 'AuditTrail', id }] },
        { token: bobs },
      );
      expect(errors[0]?.extensions.code).toBe(id === 'all' ? 'FORBIDDEN' : 'NOT_FOUND');
    }
    const trailOf = `query ($id: ID!) { user(id: $id) { audit { accounting { nodes { action } } } } }`;
    const byOperator = await graph.ask(trailOf, { id: ada.id }, { token: operator });
    expect(byOperator.data).toEqual({ user: { audit: { accounting: { nodes: [{ action: 'openAccount' }] } } } });
  });
});
