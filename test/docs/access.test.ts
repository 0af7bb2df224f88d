import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import type { SubgraphName } from '../../platform/kernel/services.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { inDays } from '../access/support/accessWorld.js';
import { makeGroupWorld } from '../access/support/groupWorld.js';
import { type Loose, patience, type RealPeers, startRealPeers } from '../access/support/realPeers.js';

const text = readFileSync(join(packageRoot, 'docs', 'access.md'), 'utf8');

/** One operation of the page with the block that follows it: who asks, with what, and what comes of it. */
interface Example {
  readonly document: string;
  readonly as: string;
  /** The service that is asked; access unless told. */
  readonly at: SubgraphName;
  readonly keep: Readonly<Record<string, string>>;
  readonly gives: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
}

const examples = [...text.matchAll(/```graphql\n([\s\S]*?)```\s*```json\n([\s\S]*?)```/g)].map(
  ([, document = '', json = '{}']): Example => {
    const { as, at = 'access', keep = {}, gives, ...variables } = JSON.parse(json);
    return { document, as, at, keep, gives, variables };
  },
);

/** The curl commands of the page, each with what it asks for. */
const commands = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(
  ([, command = '']) => [/\/reports\/[\w.-]+/.exec(command)?.[0] ?? '', command] as const,
);

/** What stands at a path such as a.0.b of an answer. */
const valueAt = (answer: Loose, path: string): unknown =>
  path.split('.').reduce<Loose | undefined>((value, name) => value?.[name], answer);

describe('docs/access.md', () => {
  let peers: RealPeers;
  const tokens = new Map<string, string>();
  const known = new Map<string, string>();
  beforeAll(async () => {
    peers = await startRealPeers();
  });
  afterAll(() => peers.stop());

  it('tells a story that runs as it stands', async () => {
    expect(examples.length).toBeGreaterThan(7);
    const { token, accountId } = await peers.makePayer();
    tokens.set('researcher', token);
    tokens.set('admin', (await peers.makeAdmin()).token);
    known.set('account', accountId);
    known.set('revenue account', wellKnown.accountRevenueLocal);
    known.set('in a day', inDays(1).toISOString());
    known.set('in 31 days', inDays(31).toISOString());
    known.set('in 61 days', inDays(61).toISOString());
    known.set('local drive', wellKnown.offerStorage);
    await makeGroup();
    for (const { document, as, at, keep, gives, variables } of examples) {
      const filled = JSON.parse(
        JSON.stringify(variables).replace(/<([^>"]+)>/g, (_all, name: string) => known.get(name) ?? `no ${name}`),
      );
      let answer: Loose | null = null;
      // The feed tells of the admin's membership within a second.
      const ask = async () => {
        answer ??= await peers.call(at, document, filled, tokens.get(as) ?? '').catch((error: Error) => {
          if (error.message.includes('FORBIDDEN') || error.message.includes('NOT_FOUND')) return null;
          throw error;
        });
        return answer;
      };
      await expect.poll(ask, { ...patience, message: document }).not.toBeNull();
      for (const [path, value] of Object.entries(gives))
        expect(valueAt((await ask()) as Loose, path), `${document} ${path}`).toEqual(value);
      for (const [name, path] of Object.entries(keep)) known.set(name, String(valueAt((await ask()) as Loose, path)));
    }
  });

  /** A group with money, and a program of the portal. */
  async function makeGroup(): Promise<void> {
    const group = await makeGroupWorld(peers).makeGroup();
    const member = await group.join('MEMBER');
    tokens.set('group admin', group.admin.token);
    tokens.set('member', member.token);
    const portal = { scopes: ['accounting:usage'], clusterIds: [wellKnown.clusterLocal] };
    tokens.set('portal', await peers.identity.issueToken({ subject: newId('serviceAccount'), ...portal }));
    known.set('group', group.groupId);
    known.set('group account', group.accountId);
    known.set('member', member.userId);
    known.set('compute offer', wellKnown.offerCompute);
    known.set('cluster', wellKnown.clusterLocal);
  }

  it.each(commands)('answers to curl %s', async (_what, command) => {
    const origin = await peers.startGateway();
    const filled = command
      .replace('$TOLLGATE', origin)
      .replace(/<token of ([^>]+)>/g, (_all, who: string) => tokens.get(who) ?? '')
      .replace(/<([^>"]+)>/g, (_all, name: string) => known.get(name) ?? `no ${name}`);
    const [, authorization = ''] = /-H "Authorization: ([^"]+)"/.exec(filled) ?? [];
    const [, url = ''] = /"(http[^"]+)"/.exec(filled) ?? [];
    const answer = await fetch(url, { headers: { authorization } });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    if (url.includes('.csv')) expect(text).toMatch(/^grant,user,day,entries,amount,unit\r\n/);
    else expect(JSON.parse(text)).toMatchObject({ version: 1, balances: [{ value: 5 }, { value: 8 }] });
  });
});
