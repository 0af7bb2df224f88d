import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prismaAdapter } from '../../../platform/database/prismaAdapter.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { firstBootOffers } from '../../../subgraphs/access/domain/firstBootOffers.js';
import { PrismaClient } from '../../../subgraphs/access/generated/prisma/client.js';
import { makeDatabase } from '../../../subgraphs/access/persistence/database.js';
import { makeLoaders } from '../../../subgraphs/access/persistence/loaders.js';
import { ensureOffers } from '../../../subgraphs/access/persistence/offers.js';
import type { Loaders } from '../../../subgraphs/access/usecases/ports.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { FakePeers } from '../support/fakePeers.js';

const MANY = 50;
const page = { first: 2, after: null };

let testDatabase: TestDatabase;
let statements: string[] = [];
let close: () => Promise<void>;
let loadersOf: () => Loaders;
const ids: { request: string; grant: string; quote: string; holder: string }[] = [];

beforeAll(async () => {
  testDatabase = await freshDatabase('access');
  const prisma = new PrismaClient({
    adapter: prismaAdapter(testDatabase.appUrl, { poolSize: 2 }),
    log: [{ emit: 'event', level: 'query' }],
  });
  prisma.$on('query', ({ query }) => statements.push(query));
  close = () => prisma.$disconnect();
  await ensureOffers(prisma, firstBootOffers);
  const startsAt = new Date('2026-01-01T00:00:00Z');
  const endsAt = new Date('2026-02-01T00:00:00Z');
  const terms = { quantityMicros: 1n, priceMicros: 1n, startsAt, endsAt };
  const price = { ...terms, unit: 'CREDIT' };
  for (let index = 0; index < MANY; index += 1) {
    const one = { request: newId('request'), grant: newId('grant'), quote: newId('quote'), holder: newId('user') };
    const offerId = wellKnown.offerStorage;
    await prisma.quote.create({
      data: {
        id: one.quote,
        offerId,
        offerVersion: 1,
        requesterId: one.holder,
        ...price,
        totalMicros: 1n,
        expiresAt: endsAt,
      },
    });
    await prisma.accessRequest.create({
      data: {
        id: one.request,
        status: 'SUBMITTED',
        visible: true,
        requesterId: one.holder,
        quoteId: one.quote,
        accountId: newId('account'),
        name: 'x',
        providerId: wellKnown.groupLocal,
        approval: 'AUTOMATIC',
        quantityMicros: 1n,
        totalMicros: 1n,
        unit: 'CREDIT',
        grantId: one.grant,
      },
    });
    await prisma.accessRequestEvent.createMany({
      data: ['a', 'b', 'c'].map((step) => ({ requestId: one.request, step, actor: 'access', result: 'OK' })),
    });
    await prisma.grant.create({
      data: {
        id: one.grant,
        requestId: one.request,
        holderId: one.holder,
        offerId,
        ...price,
        paidMicros: 1n,
        activatedAt: new Date(),
        escrowAccountId: newId('account'),
        parts: { create: { number: 1, ...terms, paidMicros: 1n, activatedAt: new Date() } },
      },
    });
    ids.push(one);
  }
  const database = makeDatabase(prisma, { runner: 'test', leaseMs: 1_000 });
  loadersOf = () => makeLoaders(database, new FakePeers().peers.accounting);
});
afterAll(async () => {
  await close();
  await testDatabase.drop();
});

/** How many statements it takes to load things for the first so many. */
async function countFor(many: number, load: (loaders: Loaders, one: (typeof ids)[number]) => Promise<unknown>) {
  const loaders = loadersOf();
  statements = [];
  const loaded = await Promise.all(ids.slice(0, many).map((one) => load(loaders, one)));
  return { statements: statements.length, loaded };
}

describe('loaders', () => {
  it.each<[string, (loaders: Loaders, one: (typeof ids)[number]) => Promise<unknown>]>([
    ['offers', (loaders) => loaders.offers.load(wellKnown.offerStorage)],
    ['quotes', (loaders, { quote }) => loaders.quotes.load(quote)],
    ['requests', (loaders, { request }) => loaders.requests.load(request)],
    ['grants', (loaders, { grant }) => loaders.grants.load(grant)],
    ['timelines', (loaders, { request }) => loaders.timelines.load({ parentId: request, page })],
    ['grants of people', (loaders, { holder }) => loaders.grantsOf.load({ parentId: holder, page })],
  ])('load %s with one statement, for one and for many', async (_name, load) => {
    expect((await countFor(1, load)).statements).toBe(1);
    const many = await countFor(MANY, load);
    expect(many.statements).toBe(1);
    expect(many.loaded).not.toContain(null);
  });

  it('read each list by its own page', async () => {
    const [first, second] = ids;
    if (first === undefined || second === undefined) throw new Error('there are many');
    const { timelines, grantsOf } = loadersOf();
    const all = await timelines.load({ parentId: first.request, page: { first: 10, after: null } });
    expect(all.map(({ step }) => step)).toEqual(['a', 'b', 'c']);
    const [rest, two, none] = await Promise.all([
      timelines.load({ parentId: first.request, page: { first: 10, after: [`${all[0]?.id}`] } }),
      timelines.load({ parentId: second.request, page: { first: 1, after: null } }),
      grantsOf.load({ parentId: newId('user'), page }),
    ]);
    // One more than the page has tells that there is more.
    expect([rest?.map(({ step }) => step), two?.map(({ step }) => step), none]).toEqual([['b', 'c'], ['a', 'b'], []]);
    const [grant] = await grantsOf.load({ parentId: first.holder, page });
    expect(grant).toEqual(await loadersOf().grants.load(first.grant));
  });
});
