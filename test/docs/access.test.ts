import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { accessRefusals } from '../../platform/kernel/refusals/access.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { inDays } from '../access/support/accessWorld.js';
import { type Loose, patience, type RealPeers, startRealPeers } from '../access/support/realPeers.js';

const text = readFileSync(join(packageRoot, 'docs', 'access.md'), 'utf8');

/** One operation of the page with the block that follows it: who asks, with what, and what comes of it. */
interface Example {
  readonly document: string;
  readonly as: string;
  readonly keep: Readonly<Record<string, string>>;
  readonly gives: Readonly<Record<string, unknown>>;
  readonly variables: Readonly<Record<string, unknown>>;
}

const examples = [...text.matchAll(/```graphql\n([\s\S]*?)```\s*```json\n([\s\S]*?)```/g)].map(
  ([, document = '', json = '{}']): Example => {
    const { as, keep = {}, gives, ...variables } = JSON.parse(json);
    return { document, as, keep, gives, variables };
  },
);

/** What stands at a path such as a.0.b of an answer. */
const at = (answer: Loose, path: string): unknown =>
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
    for (const { document, as, keep, gives, variables } of examples) {
      const filled = JSON.parse(
        JSON.stringify(variables).replace(/<([^>"]+)>/g, (_all, name: string) => known.get(name) ?? `no ${name}`),
      );
      let answer: Loose | null = null;
      // The feed tells of the admin's membership within a second.
      const ask = async () => {
        answer ??= await peers.call('access', document, filled, tokens.get(as) ?? '').catch((error: Error) => {
          if (error.message.includes('FORBIDDEN') || error.message.includes('NOT_FOUND')) return null;
          throw error;
        });
        return answer;
      };
      await expect.poll(ask, { ...patience, message: document }).not.toBeNull();
      for (const [path, value] of Object.entries(gives))
        expect(at((await ask()) as Loose, path), `${document} ${path}`).toEqual(value);
      for (const [name, path] of Object.entries(keep)) known.set(name, String(at((await ask()) as Loose, path)));
    }
  });

  it('lists every refusal of access with what to do about it', () => {
    for (const [code, meaning] of Object.entries(accessRefusals))
      expect(text).toContain(`| \`${code}\` | ${meaning} |`);
  });
});
