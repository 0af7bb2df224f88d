import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../documents.js';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from '../support.js';
import { newCluster, record, send } from '../usageSupport.js';

const DAY_MS = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS).toISOString();

let accounting: AccountingHarness;
let person: TestPerson;

beforeAll(async () => {
  accounting = await startAccountingHarness();
  person = await accounting.newPerson();
  await accounting.accountWith(person, '100');
  const cluster = await newCluster(accounting);
  const user = { user: person.userId };
  await send(accounting, cluster, [record('new', user), record('old', user), record('older', user)]);
  for (const [externalId, days] of [
    ['old', 100],
    ['older', 400],
  ]) {
    await accounting.sql(
      `UPDATE usage_record SET starts_at = starts_at - $2 * interval '1 day', ends_at = ends_at - $2 * interval '1 day'
       WHERE external_id = $1`,
      [externalId, days],
    );
  }
});
afterAll(() => accounting.stop());

interface Page {
  readonly nodes: readonly { readonly count: string }[];
  readonly from: string;
}

/** How many records or charges are summed, and from when on; or the limit that stands in the way. */
async function ask(field: string, filter: object): Promise<{ count: number; from: string } | string> {
  const [type, count] = field === 'charges' ? ['ChargeFilter', 'entries'] : ['UsageFilter', 'records'];
  const { data, errors } = await accounting.call<Record<string, Page>>(
    `query ($filter: ${type}) { ${field}(by: [USER], filter: $filter) { nodes { count: ${count} } from } }`,
    { filter },
    { token: person.token },
  );
  const page = data?.[field];
  if (page == null) return `${errors[0]?.extensions.code} ${String(errors[0]?.extensions['limit'])}`;
  return { count: page.nodes.reduce((sum, node) => sum + Number(node.count), 0), from: page.from };
}

describe.each(['charges', 'usageTotals'])('%s', (field) => {
  it('are of the last 90 days where nobody says from when on, and say so', async () => {
    const midnight = new Date(Math.floor(Date.now() / DAY_MS) * DAY_MS - 90 * DAY_MS).toISOString();
    expect(await ask(field, {})).toEqual({ count: 1, from: expect.stringMatching(midnight.slice(0, 10)) });
    expect(await ask(field, { to: daysAgo(95) })).toMatchObject({ count: 1 });
    expect(await ask(field, { from: daysAgo(101) })).toEqual({ count: 2, from: expect.any(String) });
  });

  it('are of 366 days at the most; older ones are asked for apart', async () => {
    expect(await ask(field, { from: daysAgo(401) })).toBe('LIMIT_EXCEEDED reportDays');
    expect(await ask(field, { from: daysAgo(401), to: daysAgo(90) })).toMatchObject({ count: 2 });
    expect(await ask(field, { from: '0001-01-01T00:00:00Z', to: '9999-01-01T00:00:00Z' })).toBe(
      'LIMIT_EXCEEDED reportDays',
    );
  });
});

it('a document is of the same time, and its name says from when on', async () => {
  const read = (query: string) => readDocument(accounting, `/reports/charges.csv?by=USER${query}`, person.token);
  const { text, name } = await read('');
  expect(text).toContain(`${person.userId},1,`);
  expect(name).toBe(`charges-from-${daysAgo(90).slice(0, 10)}.csv`);
  expect((await read(`&from=${daysAgo(101)}`)).text).toContain(`${person.userId},2,`);
  const refused = await read(`&from=${daysAgo(401)}`);
  expect(refused.status).toBe(400);
  expect(refused.text).toContain('reportDays');
});
