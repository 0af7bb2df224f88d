import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { allowCrossOrigins, readCrossOrigins } from '../../../platform/server/crossOrigin.js';
import { makeHttpServer } from '../../../platform/server/httpServer.js';

const CONSOLE = 'https://console.example.org';

/** Headers that no page sets: the browser does. */
const OF_THE_BROWSER = new Set(['content-length', 'user-agent']);

/** The request headers that the routes for clients read, as their code names them. */
async function headersRead(): Promise<ReadonlySet<string>> {
  const folders = ['gateway', 'subgraphs/storage/data', 'subgraphs/accounting/data'];
  const texts = folders.map(async (folder) => {
    const names = (await readdir(join(packageRoot, folder))).filter((name) => name.endsWith('.ts'));
    return Promise.all(names.map((name) => readFile(join(packageRoot, folder, name), 'utf8')));
  });
  const read = (await Promise.all(texts))
    .flat()
    .flatMap((text) => [
      ...text.matchAll(/(?:\brequest\.|[^.\w])headers(?:\[\s*'([a-z-]+)'|\.([a-z]+)\b(?!\())/g),
      ...[...text.matchAll(/\{([^{}]*)\} = \w+\.headers;/g)].flatMap(([, names = '']) => [
        ...names.matchAll(/'([a-z-]+)'|\b([a-z]+)\b(?=\s*(?:,|$))/g),
      ]),
    ]);
  return new Set(read.map(([, quoted, plain]) => quoted ?? plain ?? ''));
}

describe('pages of other origins', () => {
  let app: ReturnType<typeof makeHttpServer>;
  beforeEach(() => {
    app = makeHttpServer(1_000);
    app.get('/thing', async () => ({ thing: true }));
  });
  afterEach(() => app.close());
  const preflight = (origin: string) =>
    app.inject({
      method: 'OPTIONS',
      url: '/thing',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'authorization' },
    });
  const get = (origin: string, url = '/thing') => app.inject({ method: 'GET', url, headers: { origin } });

  it('get no leave unless one is named', async () => {
    await allowCrossOrigins(app, readCrossOrigins({}));
    expect((await preflight(CONSOLE)).headers).not.toHaveProperty('access-control-allow-origin');
    expect((await get(CONSOLE)).headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('that are named may send a token and read answers, also refusals; no cookies', async () => {
    await allowCrossOrigins(app, readCrossOrigins({ TOLLGATE_CORS_ORIGINS: `${CONSOLE}, http://localhost:5173` }));
    const answer = await preflight(CONSOLE);
    expect(answer.statusCode).toBe(204);
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': CONSOLE, 'access-control-max-age': '600' });
    expect(answer.headers['access-control-allow-headers']).toContain('authorization');
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    expect((await get('http://localhost:5173')).headers['access-control-allow-origin']).toBe('http://localhost:5173');
    const nothing = await get(CONSOLE, '/nothing');
    expect(nothing.statusCode).toBe(404);
    expect(nothing.headers['access-control-allow-origin']).toBe(CONSOLE);
    expect(nothing.headers.vary).toContain('Origin');
  });

  it('that are named may send every header that the gateway and the routes of files and usage read', async () => {
    await allowCrossOrigins(app, [CONSOLE]);
    const allowed = String((await preflight(CONSOLE)).headers['access-control-allow-headers']).split(/,\s*/);
    const read = await headersRead();
    // Those that are known to be read, so that a search that finds nothing fails.
    expect([...read]).toEqual(
      expect.arrayContaining([
        'authorization',
        'content-type',
        'if-match',
        'if-none-match',
        'if-range',
        'range',
        'x-request-id',
      ]),
    );
    expect([...read].filter((name) => !allowed.includes(name) && !OF_THE_BROWSER.has(name))).toEqual([]);
  });

  it('that are not named get none, whatever they look like', async () => {
    await allowCrossOrigins(app, [CONSOLE]);
    for (const origin of [
      'https://console.example.org.evil.example',
      'http://console.example.org',
      'null',
      `${CONSOLE}:8443`,
    ]) {
      expect((await get(origin)).headers, origin).not.toHaveProperty('access-control-allow-origin');
    }
  });

  it.each([
    '*',
    'https://console.example.org/',
    'console.example.org',
    'https://a.example,*',
    'ftp://a.example',
    'null',
  ])('are refused as a setting where they are no origins: %s', (text) => {
    expect(() => readCrossOrigins({ TOLLGATE_CORS_ORIGINS: text })).toThrow(
      /^TOLLGATE_CORS_ORIGINS must be origins such as/,
    );
  });
});
