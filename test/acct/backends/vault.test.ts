import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../../acct/backends/backend.js';
import { vault } from '../../../acct/backends/vault.js';
import { readDocument } from '../../../acct/document/document.js';
import type { AcctMap } from '../../../acct/document/value.js';
import { unlockBackends } from '../../../acct/profiles/backends.js';
import { codeOf } from '../support/codeOf.js';

const doc = (yaml: string): AcctMap => readDocument(yaml, 'it');
const find = async (): Promise<Backend> => vault;

describe('Vault', () => {
  let calls: {
    readonly path: string | undefined;
    readonly token: string | string[] | undefined;
    readonly method: string | undefined;
    readonly namespace: unknown;
  }[];
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  let address: string;
  let stop: () => Promise<void>;

  beforeEach(async () => {
    calls = [];
    const server = createServer((request, response) => {
      calls.push({
        path: request.url,
        token: request.headers['x-vault-token'],
        method: request.method,
        namespace: request.headers['x-vault-namespace'],
      });
      answer(request, response);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stop = async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    };
    answer = (request, response) => {
      const secret = '{"aws":{"work":{"id":"alice","big":18446744073709551615,"rate":1.0}}}';
      const version2 = request.url?.includes('/data/');
      response.end(version2 ? `{"data":{"data":${secret},"metadata":{"version":3}}}` : `{"data":${secret}}`);
    };
  });
  afterEach(() => stop());

  const unlock = (profile: string, timeoutMs = 5000) =>
    unlockBackends(
      doc(
        `acct-backends: {vault: {main: {address: "${address}", token: t0ken, ${profile}}}}\naws: {work: {id: bob, own: 1}}\n`,
      ),
      { find, allowed: null, timeoutMs },
    );

  it('reads version 2 below data/, with its token, and lays it over the file with all digits', async () => {
    const merged = await unlock('path: team/creds');
    expect(calls).toEqual([
      { path: '/v1/secret/data/team/creds', token: 't0ken', method: 'GET', namespace: undefined },
    ]);
    expect(merged.get('aws')).toEqual(doc('work: {id: alice, own: 1, big: 18446744073709551615, rate: 1.0}\n'));
  });

  it('reads version 1 as it stands, of another mount and namespace', async () => {
    await unlock('path: "a b/ü", version: v1, mount: kv/team, namespace: ns1');
    expect(calls).toEqual([{ path: '/v1/kv/team/a%20b/%C3%BC', token: 't0ken', method: 'GET', namespace: 'ns1' }]);
  });

  it.each([
    ['HTTP status 403', (response: ServerResponse) => response.writeHead(403).end('{"errors":["t0ken is bad"]}')],
    [
      'cannot be reached',
      (response: ServerResponse) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
    ],
    ['cannot be reached', (response: ServerResponse) => response.destroy()],
    ['holds no secret', (response: ServerResponse) => response.end('{"data":null}')],
    ['not valid JSON', (response: ServerResponse) => response.end('<html>t0ken</html>')],
    ['cannot be reached', (response: ServerResponse) => response.end(Buffer.alloc(17 * 1024 * 1024))],
  ])('says in one line that it %s, without the token', async (why, act) => {
    answer = (_, response) => void act(response);
    const said = await codeOf(() => unlock('path: p'));
    expect(said).toMatch(new RegExp(`^(BACKEND_FAILED|DOCUMENT_INVALID): Backend profile main: .*${why}`));
    expect(said).not.toContain('t0ken');
  });

  it('gives up when there is no answer in time', async () => {
    answer = () => undefined;
    expect(await codeOf(() => unlock('path: p', 200))).toMatch(/^BACKEND_FAILED: .*did not answer in time/);
  });

  it.each(['path: ../sys/x', 'path: "p?x=1"', 'path: p, version: v3', 'path: p, other: 1', 'version: v1'])(
    'refuses the profile {%s} without a call',
    async (profile) => {
      expect(await codeOf(() => unlock(profile))).toMatch(/^BACKEND_FAILED: /);
      expect(calls).toEqual([]);
    },
  );
});

describe('backends', () => {
  const backend = (unlock: Backend['unlock']): Backend => ({ name: 'fake', unlock });

  it('are unlocked at once, and laid over in the order of the file', async () => {
    let running = 0;
    let most = 0;
    const slow = backend(async (profile) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setTimeout(resolve, Number(profile.get('ms'))));
      running -= 1;
      return doc(`aws: {p: {from: ${String(profile.get('ms'))}}}`);
    });
    const merged = await unlockBackends(
      doc('backend_key: mine\nmine: {fake: {a: {ms: 60}, b: {ms: 20}, c: {ms: 40}}}'),
      { find: async () => slow, allowed: null },
    );
    expect(most).toBe(3);
    expect(merged.get('aws')).toEqual(doc('p: {from: 40}'));
  });

  it('are left alone when not on the allow list', async () => {
    const seen: unknown[] = [];
    const record = backend(async (profile) => {
      seen.push(profile.get('n'));
      return new Map();
    });
    await unlockBackends(doc('acct-backends: {fake: {a: {n: 1}, b: {n: 2}}}'), {
      find: async () => record,
      allowed: ['b'],
    });
    expect(seen).toEqual([2n]);
  });

  it('may name further backends, to a bound', async () => {
    let depth = 0;
    const nesting = (levels: number) =>
      backend(async () => {
        depth += 1;
        return depth < levels ? doc(`acct-backends: {fake: {next: {}}}\nl${depth}: {}\n`) : doc(`l${depth}: {}`);
      });
    const merged = await unlockBackends(doc('acct-backends: {fake: {a: {}}}'), {
      find: async () => nesting(3),
      allowed: null,
    });
    expect([...merged.keys()]).toEqual(['acct-backends', 'l1', 'l2', 'l3']);
    depth = 0;
    expect(
      await codeOf(() =>
        unlockBackends(doc('acct-backends: {fake: {a: {}}}'), { find: async () => nesting(99), allowed: null }),
      ),
    ).toMatch(/^LIMIT_EXCEEDED/);
    expect(depth).toBe(3);
  });

  it('are waited for together, and a failure is one line without its text', async () => {
    let finished = false;
    const mixed = backend(async (profile) => {
      if (profile.has('bad')) throw new Error('s3cr3t');
      await new Promise((resolve) => setTimeout(resolve, 50));
      finished = true;
      return new Map();
    });
    const said = await codeOf(() =>
      unlockBackends(doc('acct-backends: {fake: {a: {bad: 1}, b: {}}}'), { find: async () => mixed, allowed: null }),
    );
    expect(said).toBe('BACKEND_FAILED: Backend profile a: fake: it failed.');
    expect(finished).toBe(true);
  });

  it.each(['acct-backends: 1', 'acct-backends: {fake: 1}', 'acct-backends: {fake: {a: 1}}', 'backend_key: 1'])(
    'refuse a wrong form: %s',
    async (yaml) => {
      expect(
        await codeOf(() =>
          unlockBackends(doc(yaml), { find: async () => backend(async () => new Map()), allowed: null }),
        ),
      ).toMatch(/^DOCUMENT_INVALID/);
    },
  );

  it('are bounded in number', async () => {
    const many = `acct-backends: {fake: {${Array.from({ length: 40 }, (_, index) => `p${index}: {}`).join(', ')}}}`;
    expect(
      await codeOf(() =>
        unlockBackends(doc(many), { find: async () => backend(async () => new Map()), allowed: null }),
      ),
    ).toMatch(/^LIMIT_EXCEEDED/);
  });
});
