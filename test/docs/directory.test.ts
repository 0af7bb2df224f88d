import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse, validate } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { loadTypeDefs } from '../../platform/server/typeDefs.js';
import { directoryRemedies } from '../../subgraphs/identity/directoryConfig.js';
import { type IdentityHarness, startIdentityHarness, type TestPerson } from '../identity/support/identityHarness.js';

const page = readFileSync(join(packageRoot, 'docs', 'directory.md'), 'utf8');

/** The operations in their order: who runs each, and with which variables. */
const operations = [...page.matchAll(/^```graphql ?(?:as=(\w+))?\n([\s\S]*?)^```\n(?:```json\n([\s\S]*?)^```)?/gm)].map(
  ([, actor, operation = '', variables = '{}']) => ({ actor, operation, variables }),
);

describe('docs/directory.md', () => {
  let identity: IdentityHarness;
  const tokens = new Map<string, string>();
  let bob: TestPerson;
  beforeAll(async () => {
    identity = await startIdentityHarness();
    bob = await identity.newPerson('bob');
    const people = { ada: await identity.newPerson('ada'), bob, operator: await identity.operator() };
    for (const [name, person] of Object.entries(people)) tokens.set(name, (await identity.logIn(person)).accessToken);
  });
  afterAll(() => identity.stop());

  it('shows only operations that the graph takes', () => {
    const services = subgraphNames.map((name) => ({ name, url: 'http://x.invalid', typeDefs: loadTypeDefs(name) }));
    const { schema } = composeServices(services);
    if (schema === undefined) throw new Error('The subgraphs do not compose.');
    expect(operations.length).toBeGreaterThan(10);
    for (const { operation } of operations) {
      expect(validate(schema.toAPISchema().toGraphQLJSSchema(), parse(operation)), operation).toEqual([]);
    }
  });

  it('shows operations that do, one after the other, what it says', async () => {
    let groupId = '';
    for (const { actor, operation, variables } of operations.filter((each) => each.actor !== undefined)) {
      const filled = variables.replaceAll('grp_...', groupId).replaceAll('usr_...', bob.id);
      const answer = await identity.call<Record<string, { group?: { id: string }; refusal?: object | null }>>(
        operation,
        JSON.parse(filled),
        { token: tokens.get(actor ?? '') ?? '' },
      );
      expect(answer.errors, operation).toEqual([]);
      for (const payload of Object.values(answer.data ?? {})) expect(payload.refusal ?? null, operation).toBeNull();
      groupId ||= answer.data?.['createGroup']?.group?.id ?? '';
    }
    const [group] = await identity.sql('SELECT name, archived_at IS NOT NULL AS archived FROM "group" WHERE id = $1', [
      groupId,
    ]);
    expect(group).toEqual({ name: 'Plant genomics 2026', archived: true });
  });

  it('explains every variable of the directory, and no other', () => {
    const explained = [...page.matchAll(/^\| (`IDENTITY_[^|]*) \|/gm)].flatMap((row) =>
      [...(row[1] ?? '').matchAll(/`(\w+)`/g)].map((match) => match[1]),
    );
    expect(explained.sort()).toEqual(['IDENTITY_REGISTRATION', ...Object.keys(directoryRemedies)].sort());
  });
});
