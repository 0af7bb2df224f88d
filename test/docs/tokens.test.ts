import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { exchangeableScopes } from '../../subgraphs/identity/domain/exchangeRights.js';
import { type PublicGraph, startPublicGraph } from '../adversarial/support/publicGraph.js';
import type { TestPerson } from '../identity/support/identityHarness.js';
import { mintToken } from '../identity/support/mintToken.js';
import { askForToken, basic } from '../identity/support/oauth.js';
import { examplesOf } from './support/examplesOf.js';

const page = readFileSync(join(packageRoot, 'docs', 'tokens.md'), 'utf8');

/** The page's sections and who follows each. */
const SECTIONS = [
  ['Service accounts', 'operator'],
  ['Narrower tokens', 'person'],
  ['Personal access keys', 'person'],
  ['Signing keys', 'operator'],
  ['The key-encryption key', 'operator'],
  ['The audit', 'operator'],
] as const;

let graph: PublicGraph;
let ada: TestPerson;
const tokens = { operator: '', person: '' };
const answers: Record<string, unknown> = {};

beforeAll(async () => {
  graph = await startPublicGraph();
  ada = await graph.identity.newPerson();
  tokens.operator = (await graph.identity.logIn(await graph.identity.operator())).accessToken;
  tokens.person = (await graph.identity.logIn(ada)).accessToken;
});
afterAll(() => graph.stop());

/** What a reader puts in the place of `<...>`. */
async function fill(text: string): Promise<string> {
  let filled = text;
  for (const [whole, hint = ''] of text.matchAll(/<([^>]+)>/g)) filled = filled.replace(whole, await insteadOf(hint));
  return filled;
}

async function insteadOf(hint: string): Promise<string> {
  if (hint === 'token') return tokens.person;
  if (hint === 'program token') {
    return mintToken(graph.identity, {
      subject: newId('serviceAccount'),
      audience: 'tollgate',
      sessionId: null,
      scopes: ['storage:read'],
      act: null,
      clusterIds: [],
      expiresAt: new Date(graph.identity.clock.now().getTime() + 600_000),
    });
  }
  if (hint === 'password') return ada.password;
  if (hint === 'in a month') return new Date(graph.identity.clock.now().getTime() + 30 * 86_400_000).toISOString();
  if (hint === 'code') {
    graph.identity.clock.advance(30);
    return graph.identity.codeOf(ada);
  }
  const value = hint.split('.').reduce<unknown>((thing, field) => (thing as Record<string, unknown>)?.[field], answers);
  return String(value);
}

/** Sends what a curl of the page sends. */
async function curl(command: string) {
  const [, user] = /-u "([^"]+)"/.exec(command) ?? [];
  const form = [...command.matchAll(/-d ([^= ]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value] as const);
  const [id = '', secret = ''] = user?.split(':') ?? [];
  return askForToken(graph.url, Object.fromEntries(form), user === undefined ? {} : basic(id, secret));
}

describe('docs/tokens.md', () => {
  it.each(SECTIONS)('can be followed: %s, by the %s', async (section, who) => {
    const [, text = ''] = page.split(`\n## ${section}\n`);
    const [own = ''] = text.split('\n## ');
    const commands = [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, command = '']) => command);
    const examples = examplesOf(page, section);
    expect(commands.length + examples.length).toBeGreaterThan(0);
    let sent = 0;
    for (const { name, operation, variables } of examples) {
      const answer = await graph.ask(operation, JSON.parse(await fill(variables)) as object, { token: tokens[who] });
      expect(answer.fault, `${name}: ${answer.text}`).toBeNull();
      for (const [field, value] of Object.entries(answer.data ?? {})) {
        expect((value as { refusal?: unknown }).refusal ?? null, name).toBeNull();
        answers[field] = value;
      }
      // What the reader does with the first answer comes before the rest of the section, which ends it.
      if (sent < commands.length) await follow(commands[sent++] ?? '');
    }
    for (const command of commands.slice(sent)) await follow(command);
  });

  async function follow(command: string): Promise<void> {
    const { status, body } = await curl(await fill(command));
    expect(status, JSON.stringify(body)).toBe(200);
    expect(decodeJwt(String(body['access_token']))).toMatchObject({ scope: body['scope'] });
  }

  it('has the table of what services may ask for as the program has it', () => {
    const [, section = ''] = page.split('\n## Narrower tokens\n');
    const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (\w+) \| (\w+) \| ([\w: ]+) \|$/gm)].map(
      ([, service, audience, scopes]) => `${service} ${audience} ${scopes}`,
    );
    const inProgram = subgraphNames.flatMap((service) =>
      subgraphNames.flatMap((audience) => {
        const scopes = exchangeableScopes({ kind: 'SERVICE', name: service }, audience);
        return scopes === null ? [] : [`${service} ${audience} ${scopes.join(' ')}`];
      }),
    );
    expect(rows.sort()).toEqual(inProgram.sort());
  });

  it('names every grant that the server says it has', async () => {
    const metadata = await (await fetch(`${graph.url}/.well-known/oauth-authorization-server`)).json();
    for (const grant of (metadata as { grant_types_supported: string[] }).grant_types_supported) {
      expect(page).toContain(`| \`${grant}\` |`);
    }
  });
});
