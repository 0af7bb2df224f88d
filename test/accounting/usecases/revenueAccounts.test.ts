import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from '../support.js';

let accounting: AccountingHarness;
let admin: TestPerson;
let member: TestPerson;
const groupId = newId('group');
beforeAll(async () => {
  accounting = await startAccountingHarness();
  admin = await accounting.newPerson();
  member = await accounting.newPerson();
  for (const [person, state] of [
    [admin, 'ADMIN'],
    [member, 'MEMBER'],
  ] as const) {
    accounting.identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, person.userId), state });
  }
  const isKnown = async () => (await open(admin, { kind: 'GROUP' })).payload?.refusal === null;
  await vi.waitFor(async () => expect(await isKnown()).toBe(true), { timeout: 10_000 });
});
afterAll(() => accounting.stop());

const open = ({ token }: TestPerson, over: object = {}) =>
  accounting.mutate(
    'openAccount',
    { owner: { groupId }, kind: 'REVENUE', name: 'What we earn', unit: 'CREDIT', ...over },
    'account { id kind status unit owner { ... on Group { id } } }',
    { token },
  );

describe('the account that a provider earns on', () => {
  it('is opened by operators, for a group', async () => {
    expect((await open(accounting.operator)).payload).toMatchObject({
      account: { kind: 'REVENUE', status: 'OPEN', unit: 'CREDIT', owner: { id: groupId } },
      refusal: null,
    });
  });

  it("is not opened by the group's own ADMINs, its members or anybody else", async () => {
    const stranger = await accounting.newPerson();
    for (const person of [admin, member, stranger]) expect((await open(person)).fault).toBe('FORBIDDEN');
  });

  it.each([
    ['for a person', { owner: { userId: newId('user') } }, null, 'FORBIDDEN'],
    ['for what is no group', { owner: { groupId: newId('user') } }, null, 'NOT_FOUND'],
    ['for nobody', { owner: {} }, 'INVALID_INPUT', null],
    ['in an unknown unit', { unit: 'GOLD' }, 'UNIT_UNKNOWN', null],
    ['without a name', { name: ' ' }, 'INVALID_INPUT', null],
  ])('is not opened %s', async (_what, over, code, fault) => {
    const answer = await open(accounting.operator, over);
    expect(answer).toMatchObject({ fault, ...(code === null ? {} : { payload: { refusal: { code } } }) });
  });

  it('is the only other kind that is opened by hand', async () => {
    for (const kind of ['ESCROW', 'ISSUANCE', 'PERSONAL']) {
      expect((await open(admin, { kind })).payload).toMatchObject({ account: null, refusal: { path: ['kind'] } });
    }
    const own = { owner: { userId: admin.userId }, kind: 'PERSONAL' };
    expect((await open(admin, own)).payload).toMatchObject({ account: { kind: 'PERSONAL' } });
    expect((await open(admin, { ...own, kind: 'GROUP' })).payload).toMatchObject({ refusal: { path: ['kind'] } });
  });
});
