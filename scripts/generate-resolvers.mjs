// Writes subgraphs/<name>/generated/resolvers.ts: the types that make a missing or mistyped resolver fail the build.
// Use: node scripts/generate-resolvers.mjs [subgraph ...]
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codegen } from '@graphql-codegen/core';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptResolvers from '@graphql-codegen/typescript-resolvers';
import { parse } from 'graphql';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const uses = JSON.parse(readFileSync(join(root, 'schema/shared/uses.json'), 'utf8'));
// Shared types are the platform's own, in every subgraph: see platform/server/sharedResolvers.ts.
const sharedMappers = {
  Money: '../../../platform/kernel/money.js#Money',
  Refusal: '../../../platform/kernel/refusal.js#Refusal',
  Refused: '../../../platform/kernel/refusal.js#Refused',
  InvalidInput: '../../../platform/kernel/refusal.js#InvalidInput',
  InsufficientFunds: '../../../platform/kernel/refusal.js#InsufficientFunds',
  LimitExceeded: '../../../platform/kernel/refusal.js#LimitExceeded',
  Principal: '../../../platform/kernel/principal.js#PrincipalReference',
};
const wanted = process.argv.slice(2);

for (const subgraph of wanted.length > 0 ? wanted : Object.keys(uses)) await generate(subgraph);

/** @param {string} subgraph */
async function generate(subgraph) {
  const own = readdirSync(join(root, 'schema', subgraph)).sort();
  const files = [
    ...['common', ...uses[subgraph]].map((name) => `schema/shared/${name}.graphql`),
    ...own.map((name) => `schema/${subgraph}/${name}`),
  ];
  const sdl = files.map((file) => readFileSync(join(root, file), 'utf8')).join('\n');
  const mappersFile = join(root, 'subgraphs', subgraph, 'mappers.json');
  const mappers = existsSync(mappersFile) ? JSON.parse(readFileSync(mappersFile, 'utf8')) : {};
  const config = {
    federation: true,
    contextType: '../context.js#Context',
    mappers: aliased({ ...mappersOfUsed(sdl), ...mappers }),
    useTypeImports: true,
    enumsAsTypes: true,
    skipTypename: true,
    immutableTypes: true,
    makeResolverTypeCallable: true,
    // What resolvers receive and give; platform/server/scalars.ts does the conversion.
    scalars: {
      ID: 'string',
      DateTime: 'Date',
      Decimal: 'string',
      Bytes: 'bigint',
      Count: 'bigint',
      URL: 'string',
    },
    strictScalars: true,
    resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
    avoidOptionals: {
      resolvers: true,
      query: true,
      mutation: true,
      subscription: true,
      object: true,
      field: false,
      inputValue: false,
      defaultValue: false,
    },
  };
  const generated = await codegen({
    filename: 'resolvers.ts',
    schema: parse(stripFederation(sdl)),
    documents: [],
    config,
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript, resolvers: typescriptResolvers },
  });
  // A resolver's parent is always a row: our __resolveReference never hands a bare reference on.
  const output = generated.replaceAll(/ \| FederationReferenceTypes\['\w+'\];/g, ';');
  const folder = join(root, 'subgraphs', subgraph, 'generated');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'resolvers.ts');
  // An unchanged file keeps its time stamp, so that the compiler's incremental build stays quick.
  if (!existsSync(file) || readFileSync(file, 'utf8') !== output) writeFileSync(file, output);
}

/** The generator wants the federation directives declared in place of the link. @param {string} sdl */
function stripFederation(sdl) {
  const declarations = `
    directive @key(fields: String!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
    directive @shareable on OBJECT | FIELD_DEFINITION
    directive @inaccessible on FIELD_DEFINITION | OBJECT | INPUT_OBJECT | ENUM | ARGUMENT_DEFINITION | ENUM_VALUE | INPUT_FIELD_DEFINITION
  `;
  return declarations + sdl.replace(/extend schema\s+@link\([\s\S]*?\]\s*\)/, '');
}

/** The shared types that a schema really has. @param {string} sdl */
function mappersOfUsed(sdl) {
  const has = (/** @type {string} */ name) => new RegExp(`^(type|interface|union) ${name}\\b`, 'm').test(sdl);
  return Object.fromEntries(Object.entries(sharedMappers).filter(([name]) => has(name)));
}

/** A row type often has the name of its graph type, which the generated file declares as well: it is imported as <Name>Row. @param {Record<string, string>} mappers */
function aliased(mappers) {
  return Object.fromEntries(
    Object.entries(mappers).map(([type, source]) => {
      const name = source.split('#')[1] ?? '';
      return [type, name === type ? `${source} as ${type}Row` : source];
    }),
  );
}
