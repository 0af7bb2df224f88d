import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type OperationDefinitionNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { type PublicGraph, startPublicGraph } from '../adversarial/support/publicGraph.js';
import { type Example, examplesOf } from './support/examplesOf.js';

const page = readFileSync(join(packageRoot, 'docs', 'identity.md'), 'utf8');
/** What GraphiQL shows to who comes from a device login's address. */
const [, deviceQuery = ''] = readFileSync(join(packageRoot, 'gateway/graphiql/deviceQuery.mjs'), 'utf8').split('`');

/** The page's sections that are played here, in the page's order. */
const SECTIONS = ['Registration', 'Log-in', 'Sessions', 'Factors', 'Device login'];

describe('docs/identity.md', () => {
  let graph: PublicGraph;
  const answers: Record<string, Record<string, unknown>> = {};
  let token: string | undefined;
  let totpSecret = '';

  beforeAll(async () => {
    graph = await startPublicGraph();
  });
  afterAll(() => graph.stop());

  /** What a person puts in the place of `<...>`. */
  async function fill(hint: string): Promise<string> {
    if (hint === 'code') {
      graph.identity.clock.advance(30);
      return graph.identity.codeOf({ totpSecret });
    }
    if (hint === 'recovery code') {
      const codes = answers['confirmTotp']?.['recoveryCodes'] as string[] | undefined;
      return codes?.[0] ?? '';
    }
    if (hint === 'another session') {
      const { user } = answers['viewer'] as unknown as {
        user: { sessions: { nodes: { id: string; current: boolean }[] } };
      };
      return user.sessions.nodes.find(({ current }) => !current)?.id ?? '';
    }
    const [field = '', part = ''] = hint.split('.');
    return String(answers[field]?.[part]);
  }

  async function play({ name, operation, variables }: Example): Promise<void> {
    let filled = variables;
    for (const [whole, hint = ''] of variables.matchAll(/<([^>]+)>/g)) {
      filled = filled.replace(whole, await fill(hint));
    }
    const answer = await graph.ask(operation, JSON.parse(filled) as object, token === undefined ? {} : { token });
    expect(answer.fault, `${name}: ${answer.text}`).toBeNull();
    for (const [field, value] of Object.entries(answer.data ?? {})) {
      const thing = value as Record<string, unknown>;
      expect(thing['refusal'] ?? null, name).toBeNull();
      const secret = (thing['totp'] as { secret: string } | undefined)?.secret;
      if (secret !== undefined) totpSecret = secret;
      answers[field] = { ...answers[field], ...thing };
      if (field === 'logIn') token = String(thing['accessToken']);
    }
  }

  it.each(SECTIONS)('can be followed: %s', async (section) => {
    const examples = examplesOf(page, section);
    expect(examples.length).toBeGreaterThanOrEqual(2);
    for (const example of examples) await play(example);
  });

  it('ends with a device that has what was asked for', async () => {
    const device = String(answers['pollDeviceLogin']?.['accessToken']);
    const { data } = await graph.ask('{ viewer { scopes } }', {}, { token: device });
    expect(data).toEqual({ viewer: { scopes: ['storage:read', 'compute:submit'] } });
  });

  it('has the operations in it that a device login’s address leads to', async () => {
    const { data } = await graph.ask('mutation { startDeviceLogin(input: { clientName: "cli" }) { userCode } }');
    const { userCode } = (data as { startDeviceLogin: { userCode: string } }).startDeviceLogin;
    const named = parse(deviceQuery).definitions.map((node) => (node as OperationDefinitionNode).name?.value ?? '');
    expect(named).toEqual(['LogIn', 'Look', 'Approve', 'Deny']);
    for (const operationName of named.slice(1)) {
      const response = await fetch(`${graph.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: deviceQuery, operationName, variables: { userCode } }),
      });
      const body = (await response.json()) as { errors?: unknown };
      expect(body.errors, operationName).toBeUndefined();
    }
  });
});
