import { describe, expect, it } from 'vitest';
import { peersOf, subgraphNames } from '../../platform/kernel/services.js';
import { readSources, type Source } from '../support/sources.js';

const sources = readSources('platform', 'gateway', 'subgraphs', 'controllers', 'cli');
const inLayer = (layer: string): readonly Source[] =>
  sources.filter(({ path }) => new RegExp(`^subgraphs/[a-z]+/${layer}/`).test(path));

/** Every import of these files that the rule forbids, as readable lines. */
const offences = (files: readonly Source[], forbidden: (target: string, file: Source) => boolean): readonly string[] =>
  files.flatMap((file) =>
    file.imports.filter((target) => forbidden(target, file)).map((target) => `${file.path} imports ${target}`),
  );

const layerOf = (path: string): string => /^subgraphs\/[a-z]+\/(\w+)/.exec(path)?.[1] ?? '';
const databasePackages = /^(pg|@prisma\/|graphile-worker)|\/generated\/prisma\//;

describe('layering', () => {
  it('keeps domain pure: it imports domain and the kernel alone, and reads no clock, chance or environment', () => {
    const domain = inLayer('domain');
    expect(domain.length).toBeGreaterThan(0);
    const pure = /^(subgraphs\/[a-z]+\/domain\/|platform\/kernel\/|zod$|node:crypto$|typeid-js$)/;
    expect(offences(domain, (target) => !pure.test(target))).toEqual([]);
    const impure = domain.filter(({ text }) =>
      /Date\.now\(|new Date\(\)|Math\.random|process\.env|randomBytes|randomUUID/.test(text),
    );
    expect(impure.map(({ path }) => path)).toEqual([]);
  });

  it('keeps use cases free of GraphQL, resolvers and persistence', () => {
    expect(
      offences(
        inLayer('usecases'),
        (target) =>
          ['resolvers', 'persistence'].includes(layerOf(target)) ||
          databasePackages.test(target) ||
          target === 'graphql' ||
          target.startsWith('@apollo/'),
      ),
    ).toEqual([]);
  });

  it('keeps resolvers free of persistence', () => {
    expect(
      offences(inLayer('resolvers'), (target) => layerOf(target) === 'persistence' || databasePackages.test(target)),
    ).toEqual([]);
  });

  it('lets persistence know use cases only by their ports', () => {
    expect(
      offences(
        inLayer('persistence'),
        (target) =>
          layerOf(target) === 'resolvers' || (layerOf(target) === 'usecases' && !/\/ports(\/|\.ts$)/.test(target)),
      ),
    ).toEqual([]);
  });

  it('imports the database only in persistence, composition and the platform', () => {
    const others = sources.filter(
      ({ path }) =>
        path.startsWith('subgraphs/') &&
        !['persistence'].includes(layerOf(path)) &&
        !/^subgraphs\/[a-z]+\/(main|subgraph|afterRestore)\.ts$/.test(path),
    );
    expect(offences(others, (target) => databasePackages.test(target))).toEqual([]);
  });

  it('keeps subgraphs apart, and the platform below them', () => {
    expect(
      offences(sources, (target, { path }) => {
        const own = /^subgraphs\/[a-z]+\//.exec(path)?.[0];
        if (own !== undefined) return target.startsWith('subgraphs/') && !target.startsWith(own);
        return /^(platform|gateway|controllers)\//.test(path) && target.startsWith('subgraphs/');
      }),
    ).toEqual([]);
  });

  it.each(subgraphNames)('lets %s call only the peers it may', (name) => {
    const called = sources
      .filter(({ path }) => path.startsWith(`subgraphs/${name}/`))
      .flatMap(({ text }) => [...text.matchAll(/connectPeer\([^,]+,\s*'(\w+)'\)/g)].map((match) => match[1]));
    expect(called.filter((peer) => !peersOf[name].includes(peer as (typeof subgraphNames)[number]))).toEqual([]);
  });

  it('reads the environment in one file per process', () => {
    const readers = sources.filter(({ text }) => text.includes('process.env')).map(({ path }) => path);
    expect(
      readers.filter(
        (path) =>
          !/^subgraphs\/[a-z]+\/(config|main)\.ts$|^cli\/(main|controllerProcess)\.ts$|^cli\/tour\/(main|config)\.ts$|^controllers\/[a-z]+\/(config|main)\.ts$|^gateway\/(config|main|telemetryOff)\.ts$|\/s3\/sdkNoticesOff\.ts$/.test(
            path,
          ),
      ),
    ).toEqual([]);
  });
});
