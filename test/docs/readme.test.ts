import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { type GraphQLSchema, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { subgraphNames } from '../../platform/kernel/services.js';
import { loadTypeDefs } from '../../platform/server/typeDefs.js';
import { readSources } from '../support/sources.js';

const readme = readFileSync(join(packageRoot, 'README.md'), 'utf8');
const blocks = (language: string): readonly string[] =>
  [...readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '');

describe('the README', () => {
  let schema: GraphQLSchema;
  beforeAll(() => {
    const composed = composeServices(
      subgraphNames.map((name) => ({ name, url: `http://${name}.invalid`, typeDefs: loadTypeDefs(name) })),
    );
    if (composed.schema === undefined) throw new Error('The subgraphs do not compose.');
    schema = composed.schema.toAPISchema().toGraphQLJSSchema();
  });

  it('shows only operations that the graph takes', () => {
    const inCurl = [...readme.matchAll(/"query": "([^"]+)"/g)].map((match) => match[1] ?? '');
    const operations = [...blocks('graphql'), ...inCurl];
    expect(operations.length).toBeGreaterThan(1);
    for (const operation of operations) expect(validate(schema, parse(operation)), operation).toEqual([]);
  });

  it('shows only inputs that are JSON', () => {
    for (const input of blocks('json')) expect(() => JSON.parse(input)).not.toThrow();
  });

  it('names only commands that package.json has', () => {
    const { scripts } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = [...readme.matchAll(/npm run ([a-z:]+)|npm (start|test)\b/g)].map(
      (match) => match[1] ?? match[2] ?? '',
    );
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('names only variables that the program reads', () => {
    const program = readSources('cli', 'gateway', 'subgraphs', 'controllers')
      .map(({ text }) => text)
      .join('\n');
    const named = new Set([...readme.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map((match) => match[1] ?? ''));
    expect([...named].filter((name) => !program.includes(name))).toEqual([]);
  });
});
