import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { MandateClaims } from '../../../platform/auth/mandateToken.js';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';
import { type AccountingHarness, credit, idOf, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let payer: TestPerson;
let payee: TestPerson;
let from: string;
let to: string;
beforeAll(async () => {
  accounting = await startAccountingHarness();
  payer = await accounting.newPerson();
  payee = await accounting.newPerson();
  from = await accounting.accountWith(payer, '1000');
  to = await accounting.accountWith(payee, '0');
});
afterAll(async () => {
  await accounting.stop();
});

const as = (person: TestPerson) => ({ token: person.token });
/** A mandate of the payer for the payee over 10 CREDIT and `room 1`, unless told. */
const give = (change: Partial<MandateClaims> = {}) =>
  accounting.identity.issueMandate({ issuerId: payer.userId, accountId: from, payeeId: to, ...change });
const place = (mandate: string, change: Record<string, unknown> = {}, options: object = as(payee)) =>
  accounting.mutate(
    'placeHold',
    { mandate, creditAccountId: to, amount: credit('10'), resource: 'room 1', reason: 'Night', ...change },
    'hold { id status amount { amount } debit { id name } credit { id } }',
    options,
  );
const codeOf = async (placed: ReturnType<typeof place>) => {
  const { payload, fault } = await placed;
  return fault ?? payload?.refusal?.code ?? 'PLACED';
};
const publish = (kind: 'MANDATE' | 'USER' | 'MEMBERSHIP', subject: string, state: string) =>
  accounting.identity.publish({ kind, subject, state });

describe('placeHold by a mandate', () => {
  it('reserves on the account that the mandate names; the payee captures it and sees of the payer id and name', async () => {
    const placed = await place(await give());
    const holdId = idOf(placed, 'hold');
    const capture = await accounting.mutate(
      'captureHold',
      { holdId, amount: credit('4') },
      'transfer { debit { id } credit { id } } receipt { proof }',
      as(payee),
    );
    expect(capture.payload).toMatchObject({ transfer: { debit: { id: from }, credit: { id: to } }, refusal: null });
    const query = 'query ($id: ID!) { hold(id: $id) { debit { id name balance { posted { amount } } } } }';
    const seen = await accounting.call(query, { id: holdId }, as(payee));
    expect(seen.data).toEqual({ hold: { debit: { id: from, name: 'Test', balance: null } } });
    expect(seen.errors[0]?.extensions.code).toBe('NOT_FOUND');
    expect((await accounting.balanceOf(from, payer)).posted).toBe('996');
  });

  it('refuses another payee, another resource and another unit', async () => {
    const mandate = await give();
    const mine = await accounting.accountWith(payee, '0');
    expect(await codeOf(place(mandate, { creditAccountId: mine }))).toBe('MANDATE_WRONG_PAYEE');
    for (const resource of ['room 2', 'Room 1', 'room 1 ', null]) {
      expect(await codeOf(place(mandate, { resource }))).toBe('MANDATE_WRONG_RESOURCE');
    }
    expect(await codeOf(place(mandate, { amount: { amount: '1', unit: 'GOLD' } }))).toBe('UNIT_MISMATCH');
    expect(await codeOf(place(mandate))).toBe('PLACED');
  });

  it('is for the payee’s side alone: not for the payer, a thief, an operator or a service', async () => {
    const mandate = await give();
    const thief = await accounting.newPerson();
    expect(await codeOf(place(mandate, {}, as(payer)))).toBe('NOT_FOUND');
    expect(await codeOf(place(mandate, {}, as(thief)))).toBe('NOT_FOUND');
    expect(await codeOf(place(mandate, {}, as(accounting.operator)))).toBe('FORBIDDEN');
    expect(await codeOf(place(mandate, {}, {}))).toBe('UNAUTHENTICATED');
    const acting = { as: 'compute', token: await payee.actingAs('compute') };
    expect(await codeOf(place(mandate, {}, acting))).toBe('FORBIDDEN');
    const theirs = await accounting.accountWith(thief, '0');
    expect(await codeOf(place(mandate, { creditAccountId: theirs }, as(thief)))).toBe('MANDATE_WRONG_PAYEE');
    expect(await codeOf(place(mandate, { creditAccountId: newId('account') }))).toBe('NOT_FOUND');
  });

  it('refuses what is no mandate, also access tokens; a mandate is no access token', async () => {
    const mandate = await give();
    const [header = '', body = '', signature = ''] = mandate.split('.');
    const richer = Buffer.from(body, 'base64url').toString().replace('"maximum":"10"', '"maximum":"99"');
    const none = Buffer.from('{"alg":"none","typ":"mandate+jwt"}').toString('base64url');
    for (const forged of [
      '',
      'token',
      'x'.repeat(100_000),
      `${none}.${body}.`,
      [header, Buffer.from(richer).toString('base64url'), signature].join('.'),
      payer.token,
      await accounting.identity.issueToken({ subject: payer.userId, audience: 'accounting' }),
    ]) {
      const refused = await place(forged);
      expect(refused.payload?.refusal).toMatchObject({ code: 'INVALID_INPUT', path: ['mandate'] });
    }
    expect((await place(mandate, { debitAccountId: from })).payload?.refusal).toMatchObject({
      code: 'INVALID_INPUT',
      path: ['debitAccountId'],
    });
    expect((await accounting.call('{ verifyLedger { sound } }', {}, { token: mandate })).status).toBe(401);
  });

  it('refuses one whose time is over, and answers a repetition of what went well before', async () => {
    expect(await codeOf(place(await give({ expiresAt: new Date(Date.now() - 1_000) })))).toBe('MANDATE_EXPIRED');
    const mandate = await give({ expiresAt: new Date(Date.now() + 2_000), once: true });
    const idempotencyKey = randomUUID();
    const first = await place(mandate, { idempotencyKey });
    await vi.waitFor(async () => expect(await codeOf(place(mandate))).toBe('MANDATE_EXPIRED'), { timeout: 20_000 });
    expect(idOf(await place(mandate, { idempotencyKey }), 'hold')).toBe(idOf(first, 'hold'));
  });

  it('refuses one that was revoked, by the feed', async () => {
    const id = newId('mandate');
    const mandate = await give({ id });
    expect(await codeOf(place(mandate, { amount: credit('1') }))).toBe('PLACED');
    publish('MANDATE', id, 'REVOKED');
    const spend = () => codeOf(place(mandate, { amount: credit('0.000001') }));
    await vi.waitFor(async () => expect(await spend()).toBe('MANDATE_REVOKED'), { timeout: 10_000 });
    // Also after a restart, from what the database keeps.
    await accounting.restart();
    expect(await spend()).toBe('MANDATE_REVOKED');
  });

  it('counts as long as who gave it may spend from the account', async () => {
    const stranger = await accounting.newPerson();
    expect(await codeOf(place(await give({ issuerId: stranger.userId })))).toBe('MANDATE_REVOKED');
    expect(await codeOf(place(await give({ issuerId: accounting.operator.userId })))).toBe('MANDATE_REVOKED');
    expect(await codeOf(place(await give({ accountId: newId('account') })))).toBe('MANDATE_REVOKED');

    const groupId = newId('group');
    const admin = await accounting.newPerson();
    const subject = membershipSubject(groupId, admin.userId);
    publish('MEMBERSHIP', subject, 'ADMIN');
    const open = () =>
      accounting.mutate(
        'openAccount',
        { owner: { groupId }, name: 'Group', unit: 'CREDIT' },
        'account { id }',
        as(admin),
      );
    const accountId = await vi.waitFor(async () => idOf(await open(), 'account'), { timeout: 10_000 });
    const deposit = { accountId, amount: credit('10'), description: 'x' };
    await accounting.mutate('deposit', deposit, 'transfer { id }', as(accounting.operator));
    const mandate = await give({ issuerId: admin.userId, accountId });
    const spend = () => codeOf(place(mandate, { amount: credit('0.01') }));
    expect(await spend()).toBe('PLACED');
    publish('MEMBERSHIP', subject, 'MEMBER');
    await vi.waitFor(async () => expect(await spend()).toBe('MANDATE_REVOKED'), { timeout: 10_000 });
    publish('MEMBERSHIP', subject, 'ADMIN');
    await vi.waitFor(async () => expect(await spend()).toBe('PLACED'), { timeout: 10_000 });
    publish('USER', admin.userId, 'DISABLED');
    await vi.waitFor(async () => expect(await spend()).toBe('MANDATE_REVOKED'), { timeout: 10_000 });
  });

  it('is placed for a group by its ADMINs', async () => {
    const groupId = newId('group');
    const [admin, member] = [await accounting.newPerson(), await accounting.newPerson()];
    publish('MEMBERSHIP', membershipSubject(groupId, member.userId), 'MEMBER');
    publish('MEMBERSHIP', membershipSubject(groupId, admin.userId), 'ADMIN');
    const input = { owner: { groupId }, name: 'Group', unit: 'CREDIT' };
    const payeeId = await vi.waitFor(
      async () => idOf(await accounting.mutate('openAccount', input, 'account { id }', as(admin)), 'account'),
      { timeout: 10_000 },
    );
    const mandate = await give({ payeeId });
    expect(await codeOf(place(mandate, { creditAccountId: payeeId }, as(member)))).toBe('FORBIDDEN');
    expect(await codeOf(place(mandate, { creditAccountId: payeeId }, as(admin)))).toBe('PLACED');
  });

  it('is used up by its holds, whatever became of them', async () => {
    const mandate = await give();
    expect(await codeOf(place(mandate, { amount: credit('10.000001') }))).toBe('MANDATE_EXHAUSTED');
    const holdId = idOf(await place(mandate, { amount: credit('6') }), 'hold');
    expect(await codeOf(place(mandate, { amount: credit('4.000001') }))).toBe('MANDATE_EXHAUSTED');
    await accounting.mutate('releaseHold', { holdId }, 'hold { id }', as(payee));
    expect(await codeOf(place(mandate, { amount: credit('4.000001') }))).toBe('MANDATE_EXHAUSTED');
    expect(await codeOf(place(mandate, { amount: credit('4') }))).toBe('PLACED');
    expect(await codeOf(place(mandate, { amount: credit('0.000001') }))).toBe('MANDATE_EXHAUSTED');
  });

  it('for one use is used once by 20 at the same time, and its cap holds against 20 as well', async () => {
    const cheque = await give({ once: true });
    const cashed = await Promise.all(
      Array.from({ length: 20 }, () => codeOf(place(cheque, { amount: credit('0.1') }))),
    );
    expect(cashed.filter((code) => code === 'PLACED')).toHaveLength(1);
    expect(cashed.filter((code) => code === 'MANDATE_EXHAUSTED')).toHaveLength(19);
    const capped = await give({ maximum: { micros: 5_000_000n, unit: 'CREDIT' } });
    const spent = await Promise.all(Array.from({ length: 20 }, () => codeOf(place(capped, { amount: credit('1') }))));
    expect(spent.filter((code) => code === 'PLACED')).toHaveLength(5);
    expect(spent.filter((code) => code === 'MANDATE_EXHAUSTED')).toHaveLength(15);
    const idempotencyKey = randomUUID();
    const again = await give({ once: true });
    const same = await Promise.all(Array.from({ length: 20 }, () => place(again, { idempotencyKey })));
    expect(new Set(same.map((placed) => idOf(placed, 'hold'))).size).toBe(1);
  });

  it('does not tell the payee what the payer has, and a refused use uses nothing up', async () => {
    const poor = await accounting.accountWith(payer, '3');
    const mandate = await give({ accountId: poor, once: true });
    const refused = await place(mandate);
    expect(refused.payload?.refusal).toEqual({
      __typename: 'Refused',
      code: 'INSUFFICIENT_FUNDS',
      message: 'The account that the mandate is for cannot cover the amount.',
    });
    expect(await codeOf(place(mandate, { amount: credit('3') }))).toBe('PLACED');
  });

  it.each([
    [{ amount: credit('0') }, 'AMOUNT_NOT_POSITIVE'],
    [{ amount: credit('0.0000001') }, 'AMOUNT_TOO_PRECISE'],
    [{ expiresInSeconds: 0 }, 'INVALID_INPUT'],
    [{ resource: '' }, 'INVALID_INPUT'],
    [{ reason: ' ' }, 'INVALID_INPUT'],
    [{ idempotencyKey: '' }, 'INVALID_INPUT'],
  ])('refuses %j with %s', async (change, code) => {
    expect(await codeOf(place(await give(), change))).toBe(code);
  });
});
