import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DRAINING_HEADER, drain, listen, makeHttpServer, retire } from '../../../platform/server/httpServer.js';
import { latch } from '../../support/latch.js';

describe('an HTTP server', () => {
  it('answers what is in flight before it closes, and no longer waits for connections without a request', async () => {
    const app = makeHttpServer(1_000);
    const reached = latch();
    const release = latch();
    app.get('/slow', async () => {
      reached.open();
      await release.opened;
      return { done: true };
    });
    const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
    // A connection that never sends anything: Node counts it among the busy ones.
    const silent = connect(Number(new URL(url).port), '127.0.0.1');
    await once(silent, 'connect');
    silent.resume();
    const answer = fetch(`${url}/slow`).then((response) => response.json());
    await reached.opened;
    const drained = drain(app);
    release.open();
    expect(await answer).toEqual({ done: true });
    await drained;
    if (!silent.closed) await once(silent, 'close');
    await expect(fetch(`${url}/slow`)).rejects.toThrow();
  });

  it('cuts off at the end of its time what a client does not read', async () => {
    const app = makeHttpServer(1_000);
    const begun = latch();
    app.get('/endless', async (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200);
      reply.raw.write('more than nothing');
      begun.open();
      return reply;
    });
    const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
    const reader = connect(Number(new URL(url).port), '127.0.0.1').resume();
    const closed = once(reader, 'close');
    reader.write('GET /endless HTTP/1.1\r\nhost: tollgate\r\n\r\n');
    await begun.opened;
    await Promise.all([drain(app, 200), closed]);
  });

  it('that retires says so with each answer and ends its connection, and still serves', async () => {
    const app = makeHttpServer(1_000);
    app.get('/', async () => ({ done: true }));
    app.get('/download', async (_request, reply) => {
      reply.hijack();
      reply.raw.writeHead(200, { 'content-length': '5' }).end('bytes');
      return reply;
    });
    const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
    const before = await fetch(url);
    expect(before.headers.get('connection')).toBe('keep-alive');
    expect(before.headers.get(DRAINING_HEADER)).toBeNull();
    retire(app);
    const answer = await fetch(url);
    expect(answer.headers.get('connection')).toBe('close');
    expect(answer.headers.get(DRAINING_HEADER)).toBe('1');
    expect(await answer.json()).toEqual({ done: true });
    const download = await fetch(`${url}/download`);
    expect(download.headers.get('connection')).toBe('close');
    expect(download.headers.get(DRAINING_HEADER)).toBe('1');
    expect(await download.text()).toBe('bytes');
    await drain(app);
  });

  it('that retired serves what comes over a connection that was made before it closed', async () => {
    const app = makeHttpServer(1_000);
    app.get('/', async () => ({ done: true }));
    const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
    const late = connect(Number(new URL(url).port), '127.0.0.1');
    await once(late, 'connect');
    // Any answer: the server has taken the connection by then.
    await (await fetch(url)).text();
    retire(app);
    const drained = drain(app);
    await expect(fetch(url)).rejects.toThrow();
    let heard = '';
    late.on('data', (chunk: Buffer) => (heard += chunk.toString('utf8')));
    late.write('GET / HTTP/1.1\r\nhost: tollgate\r\n\r\n');
    await once(late, 'close');
    expect(heard).toMatch(/^HTTP\/1.1 200 /);
    expect(heard).toContain('{"done":true}');
    await drained;
  });

  it('says in one sentence that its port is taken, and which variable to set', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(listen(makeHttpServer(1_000), '127.0.0.1', port, 'X_PORT')).rejects.toThrow(
      `Port ${port} on 127.0.0.1 is taken; end the program that has it, or set X_PORT.`,
    );
    other.close();
  });

  it('refuses a body above its limit with 413', async () => {
    const app = makeHttpServer(10);
    app.post('/', async () => 'never');
    const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '"0123456789"',
    });
    expect(answer.status).toBe(413);
    await drain(app);
  });

  it.each([
    ['/nowhere?signature=hunter2', 404, 'NOT_FOUND'],
    ['/%zz?signature=hunter2', 400, 'BAD_USER_INPUT'],
    ['/%zz/hunter2', 400, 'BAD_USER_INPUT'],
  ])('answers %s with %i and a code, and does not repeat the address', async (address, status, code) => {
    const app = makeHttpServer(1_000);
    app.get('/somewhere', async () => 'here');
    const url = await listen(app, '127.0.0.1', 0, 'X_PORT');
    const answer = await fetch(`${url}${address}`, { method: 'PUT' });
    const text = await answer.text();
    await drain(app);
    expect(answer.status).toBe(status);
    expect(text).not.toContain('hunter2');
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code } }] });
  });
});
