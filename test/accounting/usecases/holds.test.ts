import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type CompactVerifyResult, compactVerify, createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let alice: TestPerson;
let bob: TestPerson;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  alice = await accounting.newPerson();
  bob = await accounting.newPerson();
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });

describe('holds', () => {
  const place = (debitAccountId: string | undefined, creditAccountId: string, options: object, change: object = {}) =>
    accounting.mutate(
      'placeHold',
      { debitAccountId, creditAccountId, amount: credit('10'), reason: 'Deposit', ...change },
      'hold { id status amount { amount } captured { amount } remaining { amount } expiresAt debit { id } credit { id name } }',
      options,
    );
  const capture = (holdId: string, amount: string, options: object, change: object = {}) =>
    accounting.mutate(
      'captureHold',
      { holdId, amount: credit(amount), ...change },
      'transfer { kind hold { id } } hold { status captured { amount } remaining { amount } } receipt { number proof }',
      options,
    );
  const release = (holdId: string, options: object) =>
    accounting.mutate('releaseHold', { holdId }, 'hold { status remaining { amount } }', options);

  it('are placed by the payer and settled by the payee, never by the payer', async () => {
    const from = await accounting.accountWith(alice, '100');
    const to = await accounting.accountWith(bob, '0');
    const placed = await place(from, to, as(alice), { expiresInSeconds: 60, resource: 'room 1' });
    expect(placed.payload?.['hold']).toMatchObject({
      status: 'OPEN',
      amount: { amount: '10' },
      captured: { amount: '0' },
      remaining: { amount: '10' },
      debit: { id: from },
      credit: { id: to, name: 'Test' },
    });
    const id = idOf(placed, 'hold');
    expect(await accounting.balanceOf(from, alice)).toEqual({
      posted: '100',
      held: '10',
      incoming: '0',
      available: '90',
      overdraftLimit: '0',
    });
    expect(await accounting.balanceOf(to, bob)).toMatchObject({ incoming: '10', available: '0' });
    expect((await capture(id, '1', as(alice))).fault).toBe('FORBIDDEN');
    expect((await release(id, as(alice))).fault).toBe('FORBIDDEN');
    expect((await capture(id, '1', as(accounting.operator))).fault).toBe('FORBIDDEN');
    expect((await capture(id, '1', as(await accounting.newPerson()))).fault).toBe('NOT_FOUND');
    expect((await capture(id, '1', { as: 'compute' })).fault).toBe('NOT_FOUND');
    expect((await capture(id, '1', {})).fault).toBe('UNAUTHENTICATED');
    expect((await capture(newId('hold'), '1', as(bob))).fault).toBe('NOT_FOUND');
    const part = await capture(id, '4', as(bob), { final: false });
    expect(part.payload).toMatchObject({
      transfer: { kind: 'CAPTURE', hold: { id } },
      hold: { status: 'OPEN', captured: { amount: '4' }, remaining: { amount: '6' } },
    });
    expect((await capture(id, '6.000001', as(bob))).payload?.refusal?.code).toBe('CAPTURE_EXCEEDS_HOLD');
    expect((await capture(id, '0', as(bob))).payload?.refusal?.code).toBe('AMOUNT_NOT_POSITIVE');
    expect((await capture(id, '2', as(bob))).payload?.['hold']).toMatchObject({
      status: 'CAPTURED',
      remaining: { amount: '0' },
    });
    expect((await release(id, as(bob))).payload?.refusal?.code).toBe('HOLD_NOT_OPEN');
    expect(await accounting.balanceOf(from, alice)).toMatchObject({ posted: '94', held: '0' });
  });

  it.each([
    [{ debitAccountId: null }, 'INVALID_INPUT', ['debitAccountId']],
    [{ expiresInSeconds: 0 }, 'INVALID_INPUT', ['expiresInSeconds']],
    [{ expiresInSeconds: 30 * 86_400 + 1 }, 'INVALID_INPUT', ['expiresInSeconds']],
    [{ resource: '' }, 'INVALID_INPUT', ['resource']],
    [{ resource: 'x\0' }, 'INVALID_INPUT', ['resource']],
    [{ reason: '' }, 'INVALID_INPUT', ['reason']],
    [{ reason: 'x'.repeat(501) }, 'INVALID_INPUT', ['reason']],
  ])('refuse %j with %s', async (change, code, path) => {
    const from = await accounting.accountWith(alice, '100');
    const refused = await place(from, wellKnown.accountRevenueLocal, as(alice), change);
    expect(refused.payload).toMatchObject({ hold: null, refusal: { code, path } });
  });

  it('expire by themselves: HOLD_EXPIRED', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    const id = idOf(await place(from, to, as(alice), { expiresInSeconds: 1 }), 'hold');
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    expect((await capture(id, '1', as(bob))).payload?.refusal?.code).toBe('HOLD_EXPIRED');
    expect(await accounting.balanceOf(from, alice)).toMatchObject({ held: '0', available: '10' });
    const query =
      '{ account(id: "ID") { open: holds(status: OPEN) { nodes { id } } gone: holds(status: EXPIRED) { nodes { id status } } } }';
    const listed = await accounting.call(query.replace('ID', from), {}, as(alice));
    expect(listed.data).toEqual({ account: { open: { nodes: [] }, gone: { nodes: [{ id, status: 'EXPIRED' }] } } });
  });

  it('of one’s own are released by their payee', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    const id = idOf(await place(from, to, as(alice)), 'hold');
    expect((await release(id, as(bob))).payload?.['hold']).toEqual({ status: 'RELEASED', remaining: { amount: '0' } });
  });

  it('give a receipt whose proof is checked offline', async () => {
    const from = await accounting.accountWith(alice, '10');
    const to = await accounting.accountWith(bob, '0');
    const id = idOf(await place(from, to, as(alice)), 'hold');
    const { payload } = await capture(id, '3.5', as(bob));
    const receipt = payload?.['receipt'] as { number: string; proof: string };
    const keys = (await (await fetch(`${accounting.url}/.well-known/tollgate-receipts.json`)).json()) as JSONWebKeySet;
    expect(keys.keys[0]).not.toHaveProperty('d');
    const checked: CompactVerifyResult = await compactVerify(receipt.proof, createLocalJWKSet(keys), {
      algorithms: ['ES256'],
    });
    expect(checked.protectedHeader).toMatchObject({ alg: 'ES256', typ: 'receipt+jwt' });
    expect(JSON.parse(Buffer.from(checked.payload).toString())).toMatchObject({
      number: receipt.number,
      amount: '3.5',
      unit: 'CREDIT',
      debit: from,
      credit: to,
      sequence: expect.stringMatching(/^[0-9]+$/),
      entryHash: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [header = '', body = '', signature = ''] = receipt.proof.split('.');
    const forged = Buffer.from(body, 'base64url').toString().replace('"3.5"', '"9.5"');
    const proof = [header, Buffer.from(forged).toString('base64url'), signature].join('.');
    await expect(compactVerify(proof, createLocalJWKSet(keys))).rejects.toThrow();
    const file = await stat(join(accounting.settings.home, 'keys', 'accounting', 'receipts.jwks'));
    expect(file.mode & 0o777).toBe(0o600);
  });
});
