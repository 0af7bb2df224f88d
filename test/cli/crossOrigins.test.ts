import { afterEach, beforeEach, expect, it } from 'vitest';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import { makeHome, type Program, startProgram } from '../support/program.js';

const CONSOLE = 'https://console.example.org';

let home: string;
let remove: () => Promise<void>;
let program: Program;
beforeEach(async () => {
  ({ home, remove } = await makeHome());
  program = startProgram(['start'], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0', TOLLGATE_CORS_ORIGINS: CONSOLE });
  await program.waitFor(/Tollgate is ready/);
});
afterEach(async () => {
  await program.end('SIGTERM');
  await remove();
});

it('a console of another origin may use the gateway and the addresses for files and streams', async () => {
  for (const service of ['gateway', 'storage', 'accounting'] as const) {
    const url = `${await announcedUrl(home, service)}/graphql`;
    const ask = (origin: string) =>
      fetch(url, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' },
      });
    const allowed = await ask(CONSOLE);
    expect([allowed.status, allowed.headers.get('access-control-allow-origin')], service).toEqual([204, CONSOLE]);
    const other = await ask('https://evil.example.org');
    expect(other.headers.get('access-control-allow-origin'), service).toBeNull();
  }
});
