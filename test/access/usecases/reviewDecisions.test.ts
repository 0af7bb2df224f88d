import { describe, expect, it } from 'vitest';
import { newId } from '../../../platform/kernel/ids.js';
import { ask, callOf, withRoles } from '../support/accessWorld.js';
import { askingFor, makeReviewedOffer } from '../support/reviewedOffers.js';
import { reviewWorld } from '../support/reviewWorld.js';

const reviewing = reviewWorld();
const { approve, deny, withdraw, waiting, expectUndone } = reviewing;

describe('the rights of the requester are looked at again', () => {
  const notEntitled = { ok: false, refusal: { code: 'REQUESTER_NOT_ENTITLED' } };

  it('a disabled person gets nothing', async () => {
    const { request, admins, person } = await waiting();
    reviewing.world.disabled.add(person.userId);
    expect(await approve(admins[0], request)).toMatchObject(notEntitled);
    expect(await deny(admins[0], request)).toMatchObject({ ok: true, value: { status: 'DENIED' } });
  });

  it.each([
    ['who left the group', 'ADMIN', {}],
    ['who asked as an ADMIN and is none any more', 'ADMIN', 'MEMBER'],
  ] as const)('nor one %s', async (_name, before, after) => {
    const groupId = newId('group');
    const { offer, admins } = await makeReviewedOffer(reviewing.world);
    const asking = askingFor(reviewing.world, offer, { groupId });
    const person = withRoles(reviewing.world, asking.person, { [groupId]: before });
    const request = await ask(reviewing.world, { ...asking, person });
    withRoles(reviewing.world, person, after === 'MEMBER' ? { [groupId]: after } : {});
    expect(await approve(admins[0], request)).toMatchObject(notEntitled);
    withRoles(reviewing.world, person, { [groupId]: 'ADMIN' });
    expect(await approve(admins[0], request)).toMatchObject({ ok: true, value: { status: 'ACTIVE' } });
  });

  it('nor one who may not spend the money of the group any more', async () => {
    const groupId = newId('group');
    const { offer, admins } = await makeReviewedOffer(reviewing.world);
    const asking = askingFor(reviewing.world, offer);
    reviewing.world.fake.owners.set(asking.accountId, groupId);
    const person = withRoles(reviewing.world, asking.person, { [groupId]: 'ADMIN' });
    const request = await ask(reviewing.world, { ...asking, person });
    withRoles(reviewing.world, person, { [groupId]: 'MEMBER' });
    expect(await approve(admins[0], request)).toMatchObject(notEntitled);
  });
});

describe('a decision', () => {
  it('is remembered under its key, and answered again', async () => {
    const { request, admins } = await waiting();
    const key = { idempotencyKey: newId('audit') };
    const first = await approve(admins[0], request, { ...key, quantity: '5' });
    expect(await approve(admins[0], request, { ...key, quantity: '5.0' })).toEqual(first);
    expect(await approve(admins[0], request, { ...key, quantity: '6' })).toMatchObject({
      ok: false,
      refusal: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('and another one at the same moment: one of them counts', async () => {
    const { request, admins, person, accountId } = await waiting();
    const answers = await Promise.all([
      approve(admins[0], request),
      deny(admins[1], request),
      withdraw(person, request),
    ]);
    expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
    const ended = await reviewing.world.access.makeLoaders().requests.load(request.id);
    if (ended?.status !== 'ACTIVE') await expectUndone({ request, accountId });
    expect(['ACTIVE', 'DENIED', 'WITHDRAWN']).toContain(ended?.status);
  });

  it('survives the death of the process right after its commit', async () => {
    const { request, admins } = await waiting();
    reviewing.world.fake.plan('provisionDrive', { kind: 'down', times: 1 });
    const short = { ...callOf(admins[0]), deadlineAt: Date.now() };
    await reviewing.world.access.usecases.approveAccessRequest(short, {
      idempotencyKey: newId('audit'),
      accessRequestId: request.id,
    });
    await reviewing.world.work();
    await expect
      .poll(async () => (await reviewing.world.access.makeLoaders().requests.load(request.id))?.status)
      .toBe('ACTIVE');
  });

  it('is audited with who decided', async () => {
    const { request, admins } = await waiting();
    await approve(admins[0], request, { quantity: '99' });
    await approve(admins[0], request);
    const entries = await reviewing.world.asOwner<{ action: string; outcome: string }>(
      `SELECT action, outcome FROM platform.audit_entry WHERE actor = $1 AND target = $2 ORDER BY id`,
      [admins[0].userId, request.id],
    );
    expect(entries).toEqual([
      { action: 'approveAccessRequest', outcome: 'QUANTITY_OUT_OF_RANGE' },
      { action: 'approveAccessRequest', outcome: 'OK' },
    ]);
  });
});
