import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { armFaults } from '../../platform/faultpoint.js';
import { type PublicGraph, startPublicGraph } from '../adversarial/support/publicGraph.js';
import { freePort, startProgram } from '../support/program.js';

let graph: PublicGraph;

beforeAll(async () => {
  graph = await startPublicGraph();
});
afterEach(() => armFaults(''));
afterAll(() => graph.stop());

const keysInFile = async (): Promise<string[]> =>
  (await readFile(join(graph.identity.home, 'keys', 'identity', 'key-encryption.key'), 'utf8')).trim().split('\n');

/** Runs `tollgate keys rotate-kek` against the graph. */
async function rotateKek(environment: Record<string, string> = {}, ...words: string[]) {
  const program = startProgram(['keys', 'rotate-kek', ...words], {
    TOLLGATE_HOME: graph.identity.home,
    TOLLGATE_URL: graph.url,
    ...environment,
  });
  const { code } = await program.ended;
  return { code, output: program.output() };
}

const newestKek = async () =>
  (
    await graph.identity.sql<{ id: string }>(
      "SELECT encode(key_id, 'hex') AS id FROM key_encryption_key WHERE retired_at IS NULL",
    )
  ).map(({ id }) => id);

describe('tollgate keys rotate-kek', () => {
  it('rotates as the operator of the home, prints the key’s id, and ends its log-in', async () => {
    const before = await keysInFile();
    const { code, output } = await rotateKek();
    expect(code, output).toBe(0);
    const after = await keysInFile();
    expect(after).toHaveLength(1);
    expect(after).not.toEqual(before);
    const id = output.trim().split('\n').at(-1) ?? '';
    expect(await newestKek()).toEqual([id]);
    for (const secret of [...before, ...after, (await graph.identity.operator()).password]) {
      expect(output).not.toContain(secret);
    }
    expect(await graph.identity.sql('SELECT id FROM session WHERE ended_at IS NULL')).toEqual([]);
  });

  it('takes a token in place of credentials, and tells who may not', async () => {
    const operator = await graph.identity.logIn(await graph.identity.operator());
    const { code, output } = await rotateKek({ TOLLGATE_TOKEN: operator.accessToken });
    expect([code, output]).toEqual([0, `${(await newestKek())[0]}\n`]);
    const person = await graph.identity.logIn(await graph.identity.newPerson());
    const refused = await rotateKek({ TOLLGATE_TOKEN: person.accessToken });
    expect(refused).toMatchObject({ code: 1, output: expect.stringMatching(/^tollgate: .*FORBIDDEN/) });
    expect(await newestKek()).toEqual([output.trim()]);
  });

  it('finishes what was interrupted, as one rotation', async () => {
    const { accessToken } = await graph.identity.logIn(await graph.identity.operator());
    const rotations = async () =>
      (
        await graph.identity.sql(
          `SELECT 1 FROM platform.audit_entry WHERE action = 'rotateKeyEncryptionKey' AND outcome = 'OK'`,
        )
      ).length;
    const before = await rotations();
    armFaults('identity.rewrapSealed.afterBatch=throw,identity.rewrapSealed.afterRetire=throw');
    const { code, output } = await rotateKek({ TOLLGATE_TOKEN: accessToken });
    expect(code, output).toBe(0);
    expect(output).toContain('The rotation was interrupted; finishing it.');
    expect(await keysInFile()).toHaveLength(1);
    expect(await rotations()).toBe(before + 1);
  });

  it('says in one sentence what is missing', async () => {
    const away = await rotateKek({ TOLLGATE_URL: `http://127.0.0.1:${await freePort()}` });
    expect(away).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^tollgate: Tollgate does not answer\..*\n$/),
    });
    // An announcement may be an old one's: credentials go to who runs, and to nobody in its place.
    const nobody = await rotateKek({ TOLLGATE_URL: '' });
    expect(nobody).toMatchObject({ code: 1, output: expect.stringMatching(/^tollgate: No gateway runs on /) });
    const noFile = await rotateKek({}, '--operator', join(graph.identity.home, 'none.json'));
    expect(noFile).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^tollgate: .*none\.json cannot be read\./),
    });
    const wrongForm = await rotateKek({}, '--operator', join(graph.identity.home, 'keys', 'gateway', 'public.jwk'));
    expect(wrongForm).toMatchObject({ code: 1, output: expect.stringMatching(/has not the form of operator\.json/) });
  });

  it('has help that fits a terminal', async () => {
    const help = startProgram(['keys', 'rotate-kek', '--help'], {});
    expect((await help.ended).code).toBe(0);
    expect(help.output()).toContain('Example:');
    const tooLong = help
      .output()
      .split('\n')
      .filter((line) => line.length > 80);
    expect(tooLong).toEqual([]);
  });
});
