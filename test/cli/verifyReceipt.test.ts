import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CompactSign, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadReceiptKeys } from '../../subgraphs/accounting/persistence/receiptKeys.js';
import { startProgram } from '../support/program.js';

let folder: string;
let keysFile: string;
let proof: string;
const claims = {
  receipt: 'rcp_x',
  number: '000001',
  transfer: 'trf_x',
  debit: 'acc_a',
  credit: 'acc_b',
  amount: '2.5',
  unit: 'CREDIT',
  sequence: '7',
  entryHash: 'h',
  recordedAt: '2026-01-01T00:00:00.000Z',
};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollgate-receipt-'));
  const keys = await loadReceiptKeys(folder, 'http://tollgate.test');
  keysFile = join(folder, 'keys.json');
  await writeFile(keysFile, JSON.stringify(keys.published));
  proof = await keys.sign(claims);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(jws: string, ...words: string[]) {
  const file = join(folder, 'receipt.jws');
  await writeFile(file, `${jws}\n`);
  const program = startProgram(['verify-receipt', file, '--keys', keysFile, ...words], {});
  const { code } = await program.ended;
  return { code, output: program.output() };
}

/** The proof with another payload under the same signature. */
const altered = (): string => {
  const [header, , signature] = proof.split('.');
  return `${header}.${Buffer.from(JSON.stringify({ ...claims, amount: '9' })).toString('base64url')}.${signature}`;
};

describe('tollgate verify-receipt', () => {
  it('prints what a genuine receipt says', async () => {
    const { code, output } = await run(proof);
    expect(code).toBe(0);
    expect(output).toContain('The receipt is genuine.');
    expect(output).toMatch(/^Amount: +2\.5$/m);
    expect(output).toMatch(/^Issuer: +http:\/\/tollgate\.test$/m);
    const json = await run(proof, '--json');
    expect(JSON.parse(json.output)).toEqual({ genuine: true, claims: { iss: 'http://tollgate.test', ...claims } });
  });

  it('tells by its exit code what is wrong', async () => {
    expect(await run(altered())).toMatchObject({ code: 4, output: expect.stringMatching(/^tollgate: The signature/) });
    const json = await run(altered(), '--json');
    expect([json.code, JSON.parse(json.output)]).toMatchObject([4, { genuine: false, fault: 'BAD_SIGNATURE' }]);
    const { privateKey } = await generateKeyPair('ES256');
    const sign = (header: { alg: string; kid: string; typ: string }) =>
      new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader(header).sign(privateKey);
    expect((await run(await sign({ alg: 'ES256', kid: 'other', typ: 'receipt+jwt' }))).code).toBe(3);
    const [header = ''] = proof.split('.');
    const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string };
    expect((await run(await sign({ alg: 'ES256', kid, typ: 'receipt+jwt' }))).code).toBe(4);
    expect((await run(await sign({ alg: 'ES256', kid, typ: 'checkpoint+jwt' }))).code).toBe(2);
    const none = `${Buffer.from('{"alg":"none","typ":"receipt+jwt"}').toString('base64url')}.${proof.split('.')[1]}.x`;
    for (const text of ['', 'a.b', 'nonsense', none]) expect((await run(text)).code, text).toBe(2);
  });

  it('says in one sentence what cannot be read', async () => {
    const missing = startProgram(['verify-receipt', join(folder, 'none'), '--keys', keysFile], {});
    expect((await missing.ended).code).toBe(1);
    expect(missing.output()).toMatch(/^tollgate: .*none cannot be read \(ENOENT\)\.\n$/);
    const noKeys = startProgram(['verify-receipt', keysFile, '--keys', join(folder, 'receipt.jws')], {});
    expect((await noKeys.ended).code).toBe(1);
    expect(noKeys.output()).toContain('is no JWK set');
  });

  it('has help that fits a terminal', async () => {
    const help = startProgram(['verify-receipt', '--help'], {});
    expect((await help.ended).code).toBe(0);
    expect(help.output()).toContain('Example:');
    expect(
      help
        .output()
        .split('\n')
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });
});
