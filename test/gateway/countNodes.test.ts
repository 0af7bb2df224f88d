import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, type DocumentNode, getIntrospectionQuery, Kind, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { countNodes } from '../../gateway/countNodes.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { readSources } from '../support/sources.js';

const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');
const schema = buildSchema(read('schema/supergraph.graphql'), {
  assumeValid: true,
  assumeValidSDL: true,
});

function count(document: DocumentNode, variables: Record<string, unknown> = {}): number {
  const operations = document.definitions.flatMap((node) => (node.kind === Kind.OPERATION_DEFINITION ? [node] : []));
  return Math.max(...operations.map((operation) => countNodes(schema, document, operation, variables)));
}

describe('countNodes', () => {
  it.each([
    ['{ __typename }', 0],
    ['{ account(id: "a") { name balance { posted { amount } } } }', 1],
    ['{ job(id: "j") { grant { holder { id } } } }', 3],
    ['{ offers { nodes { id } } }', 20],
    ['{ offers { pageInfo { hasNextPage } } }', 20],
    ['{ offers(first: 7) { edges { cursor node { id } } nodes { id } } }', 14],
    ['{ offers(first: 1000) { nodes { id } } }', 100],
    ['{ offers(first: -3) { nodes { id } } }', 1],
    ['{ offers(first: null) { nodes { id } } }', 20],
    ['{ invoice(id: "i") { lines { text } receipts { id } } }', 21],
    ['{ __schema { types { fields { name } } } __type(name: "User") { fields { name } } }', 120],
    ['query ($n: Int) { offers(first: $n) { nodes { id } } }', 20],
  ])('counts %s', (query, nodes) => {
    expect(count(parse(query))).toBe(nodes);
  });

  it('walks a fragment once for each page size', () => {
    const levels = Array.from({ length: 60 }, (_, n) => `fragment F${n} on Account { ...F${n + 1} ...F${n + 1} }`);
    const document = `{ account(id: "a") { ...F0 } } ${levels.join(' ')} fragment F60 on Account { holds(first: 1) { nodes { id } } }`;
    expect(count(parse(document))).toBe(2 ** 60);
  });

  it('finds the operations of the README, the tour and GraphiQL small', () => {
    const sources = readSources('cli').map(({ text }) => text);
    const texts = [...['README.md', 'gateway/graphiql/defaultQuery.mjs'].map(read), ...sources];
    const documents = texts.flatMap((text) =>
      [...text.matchAll(OPERATION)].flatMap((match) => parsed(match[1] ?? match[2] ?? match[3] ?? '')),
    );
    expect(documents.length).toBeGreaterThan(15);
    for (const document of documents) expect(count(document)).toBeLessThan(1_000);
    expect(count(parse(getIntrospectionQuery()))).toBeLessThan(5_000);
  });
});

/** An operation in Markdown, or in a literal of a program. */
const OPERATION = /```graphql\n(.*?)```|`((?:#|query|mutation|\{) ?[^`]*)`|'((?:query|mutation|\{) ?[^']*)'/gs;

function parsed(text: string): DocumentNode[] {
  try {
    return [parse(text)];
  } catch {
    return [];
  }
}
