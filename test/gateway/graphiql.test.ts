import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { type GatewayHarness, startGatewayHarness } from './support/gatewayHarness.js';

describe('GraphiQL', () => {
  let gateway: GatewayHarness;

  beforeAll(async () => {
    const built = spawnSync(process.execPath, [join(packageRoot, 'scripts/build-graphiql.mjs')]);
    expect(built.stderr.toString()).toBe('');
    gateway = await startGatewayHarness();
  });
  afterAll(() => gateway.stop());

  it('is a page that needs no other host', async () => {
    const { status, headers, text } = await gateway.send('/graphiql');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/https?:|unsafe-eval|\*/);
    expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it.each(['app.js', 'app.css', 'editor.worker.js', 'json.worker.js', 'graphql.worker.js'])(
    'has %s, and sends it once',
    async (name) => {
      const first = await gateway.send(`/graphiql/${name}`);
      expect(first.status).toBe(200);
      expect(first.text.length).toBeGreaterThan(100_000);
      const again = await gateway.send(`/graphiql/${name}`, {
        headers: { 'if-none-match': first.headers.get('etag') ?? '' },
      });
      expect(again.status).toBe(304);
    },
  );

  it.each(['stamp', 'nothing.js', '..%2f..%2fpackage.json', '%2e%2e/package.json', 'constructor'])(
    'has nothing else: %s',
    async (name) => {
      expect((await gateway.send(`/graphiql/${name}`)).status).toBe(404);
    },
  );

  it.each([
    ['/device?userCode=WDJB-MJHT', 'graphiql?userCode=WDJB-MJHT'],
    ['/device', 'graphiql?userCode='],
    ['/device?userCode=%22%3E%3Cscript%3E', 'graphiql?userCode='],
    ['/device?userCode=a&userCode=b', 'graphiql?userCode='],
    ['/device?userCode=https%3A%2F%2Fevil.example', 'graphiql?userCode='],
  ])('is where a device login leads: %s', async (path, target) => {
    const { status, headers } = await gateway.send(path, { redirect: 'manual' });
    expect(status).toBe(302);
    expect(headers.get('location')).toBe(target);
  });

  it('begins with help whose lines are short enough for half of a small window', async () => {
    for (const name of ['defaultQuery', 'deviceQuery']) {
      const text = await readFile(join(packageRoot, `gateway/graphiql/${name}.mjs`), 'utf8');
      const comments = text.split('\n').filter((line) => line.includes('#'));
      expect(comments.length).toBeGreaterThan(5);
      expect(comments.filter((line) => line.length > 54)).toEqual([]);
    }
  });

  it('is not there where the page is switched off', async () => {
    const without = await startGatewayHarness({ ui: false });
    expect((await without.send('/graphiql')).status).toBe(404);
    expect((await without.send('/graphiql/app.js')).status).toBe(404);
    await without.stop();
  });

  it('says how to build it where it was not built', async () => {
    const without = await startGatewayHarness({ graphiqlFolder: join(packageRoot, 'schema') });
    const { status, text } = await without.send('/graphiql');
    await without.stop();
    expect(status).toBe(503);
    expect(text).toContain('scripts/build-graphiql.mjs');
  });
});
