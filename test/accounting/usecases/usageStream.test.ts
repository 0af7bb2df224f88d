import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from '../support.js';
import { controllerOf, newCluster, postedOn, record, type TestCluster } from '../usageSupport.js';

let accounting: AccountingHarness;
let cluster: TestCluster;
let alice: TestPerson;
let account: string;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  cluster = await newCluster(accounting);
  alice = await accounting.newPerson();
  account = await accounting.accountWith(alice, '100000');
});
afterAll(async () => {
  await accounting.stop();
});

interface Answer {
  readonly status: number;
  readonly lines: readonly (Record<string, unknown> & { readonly status?: string })[];
}

const line = (externalId: string, more: object = {}): string =>
  `${JSON.stringify(record(externalId, { user: alice.userId, ...more }))}\n`;

const urlOf = async ({ clusterId, controller }: TestCluster): Promise<string> => {
  const query = 'query ($id: ID!) { usageUploadUrl(clusterId: $id) }';
  const answer = await accounting.call<{ usageUploadUrl: string }>(query, { id: clusterId }, controller);
  return answer.data?.usageUploadUrl ?? String(answer.errors[0]?.extensions.code);
};

/** Sends chunks as they come while the verdicts are read, as a controller does. */
async function upload(
  chunks: Iterable<string> | AsyncIterable<string>,
  { token = cluster.controller.token, clusterId = cluster.clusterId }: { token?: string; clusterId?: string } = {},
): Promise<Answer> {
  const url = new URL(`/usage/${clusterId}`, accounting.url);
  const outgoing = request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', ...(token === '' ? {} : { authorization: `Bearer ${token}` }) },
  });
  const answered = once(outgoing, 'response') as Promise<[import('node:http').IncomingMessage]>;
  outgoing.on('error', () => undefined);
  // A body that the service does not want to the end is no failure of the test.
  const sending = pipeline(Readable.from(chunks), outgoing).catch(() => undefined);
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += String(chunk);
  outgoing.destroy();
  await sending;
  const lines = text.split('\n').filter((part) => part !== '');
  return { status: response.statusCode ?? 0, lines: lines.map((part) => JSON.parse(part) as Answer['lines'][number]) };
}

describe('POST /usage/<clusterId>', () => {
  it('is named to the cluster’s controller', async () => {
    expect(await urlOf(cluster)).toBe(`${accounting.url}/usage/${cluster.clusterId}`);
    expect(await urlOf({ ...cluster, controller: alice })).toBe('FORBIDDEN');
  });

  it('gives a verdict for each line, and the sums; a bad line harms no other', async () => {
    const before = Number(await postedOn(accounting, account, alice));
    const { status, lines } = await upload([
      line('s-1'),
      'no json\n',
      '\n',
      line('s-2', { cpuSeconds: 3600 }),
      line('s-3', { cpuSeconds: '-1' }),
      line('s-4', { surprise: true }),
      line('s-5', { start: '2026-02-30T00:00:00Z' }),
      line('s-6', { segment: 1.5 }),
      line('s-7', { metadata: [{ name: 'queue', value: 'fast' }] }),
      `${'x'.repeat(200_000)}\n`,
      '[]\n',
      line('s-8').trimEnd(),
    ]);
    expect(status).toBe(200);
    expect(lines.map((verdict) => [verdict['line'], verdict.status, verdict['code']])).toEqual([
      [1, 'RECORDED', undefined],
      [2, 'REJECTED', 'INVALID_INPUT'],
      [4, 'REJECTED', 'INVALID_INPUT'],
      [5, 'REJECTED', 'USAGE_NEGATIVE'],
      [6, 'REJECTED', 'INVALID_INPUT'],
      [7, 'REJECTED', 'INVALID_INPUT'],
      [8, 'REJECTED', 'INVALID_INPUT'],
      [9, 'RECORDED', undefined],
      [10, 'REJECTED', 'INVALID_INPUT'],
      [11, 'REJECTED', 'INVALID_INPUT'],
      [12, 'RECORDED', undefined],
      [undefined, undefined, undefined],
    ]);
    expect(lines[2]?.['message']).toBe('cpuSeconds must be a string of digits.');
    expect(lines.at(-1)).toEqual({
      done: true,
      lines: 11,
      recorded: 3,
      replayed: 0,
      conflict: 0,
      rejected: 8,
      charged: { amount: '3', unit: 'CREDIT' },
    });
    expect(before - Number(await postedOn(accounting, account, alice))).toBe(3);
  });

  it('takes more than one block, and charges nothing when all of it is sent again', async () => {
    const count = 12_000;
    const chunk = (at: number): string =>
      Array.from({ length: 1_000 }, (_, n) => line(`bulk-${at * 1_000 + n}`)).join('');
    const chunks = Array.from({ length: count / 1_000 }, (_, at) => chunk(at));
    const before = Number(await postedOn(accounting, account, alice));
    const first = await upload(chunks);
    expect(first.lines.at(-1)).toMatchObject({
      done: true,
      lines: count,
      recorded: count,
      charged: { amount: '12000' },
    });
    expect(first.lines.slice(0, -1).map((verdict) => verdict['line'])).toEqual(
      Array.from({ length: count }, (_, at) => at + 1),
    );
    const again = await upload(chunks);
    expect(again.lines.at(-1)).toMatchObject({ done: true, recorded: 0, replayed: count, charged: { amount: '0' } });
    expect(before - Number(await postedOn(accounting, account, alice))).toBe(count);
  });

  it('goes on after a cut: what was recorded is REPLAYED, the rest is recorded', async () => {
    const lines = Array.from({ length: 7_000 }, (_, at) => line(`cut-${at}`));
    const before = Number(await postedOn(accounting, account, alice));
    const outgoing = request(new URL(`/usage/${cluster.clusterId}`, accounting.url), {
      method: 'POST',
      headers: { authorization: `Bearer ${cluster.controller.token}` },
    });
    outgoing.on('error', () => undefined);
    // The first verdicts of a block come when the next one is whole: then the connection is cut.
    outgoing.write(lines.join(''));
    outgoing.write(lines.map((text) => text.replace('cut-', 'uncut-')).join(''));
    const [response] = (await once(outgoing, 'response')) as [import('node:http').IncomingMessage];
    await once(response, 'data');
    response.on('error', () => undefined);
    outgoing.destroy();
    const { lines: verdicts } = await upload(lines);
    const sums = verdicts.at(-1) as unknown as { replayed: number; recorded: number };
    expect(sums.replayed).toBeGreaterThanOrEqual(5_000);
    expect(sums.replayed + sums.recorded).toBe(7_000);
    const spent = before - Number(await postedOn(accounting, account, alice));
    expect(spent).toBeGreaterThanOrEqual(7_000);
    expect(spent).toBeLessThanOrEqual(14_000);
  });

  it('takes a correction after what it corrects in one stream', async () => {
    const { lines } = await upload([line('fix'), line('fix', { revision: 1, cpuSeconds: '7200' }), line('fix')]);
    expect(lines.map((verdict) => [verdict.status, verdict['charged']])).toEqual([
      ['RECORDED', '1'],
      ['RECORDED', '1'],
      ['REPLAYED', '0'],
      [undefined, { amount: '2', unit: 'CREDIT' }],
    ]);
  });

  it('answers an empty body with the sums of nothing', async () => {
    expect((await upload([])).lines).toEqual([
      { done: true, lines: 0, recorded: 0, replayed: 0, conflict: 0, rejected: 0, charged: null },
    ]);
  });

  it('is for the controller of the cluster alone', async () => {
    const other = await controllerOf(accounting, [newId('cluster')]);
    const noScope = await controllerOf(accounting, [cluster.clusterId], ['compute:control']);
    const tokens = ['', 'forged', other.token, noScope.token, alice.token, accounting.operator.token];
    const answers = [];
    for (const token of tokens) answers.push(await upload([line('rights')], { token }));
    expect(answers.map(({ status, lines }) => [status, lines[0]?.['code']])).toEqual([
      [401, 'UNAUTHENTICATED'],
      [401, 'UNAUTHENTICATED'],
      [404, 'NOT_FOUND'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
      [403, 'FORBIDDEN'],
    ]);
  });

  it('ends when the token is revoked while it runs, and records nothing after', async () => {
    const subject = newId('serviceAccount');
    const scopes = ['accounting:usage'];
    const token = await accounting.identity.issueToken({ subject, scopes, clusterIds: [cluster.clusterId] });
    let goOn: () => void = () => undefined;
    const revoked = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    async function* chunks(): AsyncGenerator<string> {
      // A repeated name ends a block, so that each of these is one.
      yield line('revoked');
      yield line('revoked', { revision: 1 });
      await revoked;
      for (let revision = 2; revision < 5; revision += 1) yield line('revoked', { revision });
    }
    const running = upload(chunks(), { token });
    accounting.identity.publish({ kind: 'SERVICE', subject, state: 'DISABLED' });
    for (;;) {
      const answer = await accounting.call('{ usage { nodes { segment } } }', {}, { token });
      if (answer.status === 401) break;
    }
    goOn();
    const { status, lines } = await running;
    // Where it was revoked before the stream began, the answer is the status alone.
    if (status === 200) expect(lines.at(-1)).toMatchObject({ error: { code: 'UNAUTHENTICATED' } });
    else expect(status).toBe(401);
    const kept = await accounting.call<{ usage: { nodes: { externalId: string; revision: number }[] } }>(
      'query ($id: ID!) { usage(first: 100, filter: { clusterId: $id, from: "2020-01-01T00:00:00Z" }) { nodes { externalId revision } } }',
      { id: cluster.clusterId },
      alice,
    );
    const revisions = kept.data?.usage.nodes.filter(({ externalId }) => externalId === 'revoked') ?? [];
    expect(revisions.every(({ revision }) => revision < 3)).toBe(true);
  });
});
