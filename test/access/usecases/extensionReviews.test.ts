import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Person } from '../../../platform/auth/viewer.js';
import { armFaults } from '../../../platform/faultpoint.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Extension } from '../../../subgraphs/access/domain/extension.js';
import type { Offer } from '../../../subgraphs/access/domain/offer.js';
import { latch } from '../../support/latch.js';
import {
  type AccessWorld,
  callOf,
  credits,
  makeAccessWorld,
  makeAsking,
  makePerson,
  withRoles,
} from '../support/accessWorld.js';
import { endBy, extendBy, extensionOf, grantOf, type Holder, later, makeHolder, recover } from '../support/holders.js';
import { askingFor, makeOffer } from '../support/reviewedOffers.js';

const DAY_MS = 86_400_000;

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => {
  armFaults('');
  world.clock.set(null);
});
afterAll(() => world.stop());

interface Reviewed extends Holder {
  readonly offer: Offer;
  readonly admins: readonly [Person, Person];
}

/**
 * A grant of 10 GiB for 30 days, for 10 CREDIT, of an offer that people decide on since; a person's unless a group is told,
 * whose ADMIN then asked for it, from the group's account.
 */
async function makeReviewed(
  terms: { approval?: Offer['approval']; twoPeopleAboveMicros?: bigint } = {},
  groupId: string | null = null,
) {
  const providerId = newId('group');
  const offer = await makeOffer(world, { providerId });
  const asking = askingFor(world, offer, groupId === null ? {} : { groupId });
  if (groupId !== null) world.fake.owners.set(asking.accountId, groupId);
  const person = groupId === null ? asking.person : withRoles(world, asking.person, { [groupId]: 'ADMIN' });
  const holder = await makeHolder(world, { ...asking, person });
  const { approval = 'PROVIDER', twoPeopleAboveMicros = null } = terms;
  await world.asOwner(
    `INSERT INTO offer_version (offer_id, version, price_micros, approval, two_people_above_micros, visible_to, published_by)
     VALUES ($1, 2, 1000000, $2, $3, '{}', 'test')`,
    [offer.id, approval, twoPeopleAboveMicros],
  );
  const admin = () => withRoles(world, makePerson(), { [providerId]: 'ADMIN' });
  return { ...holder, offer, admins: [admin(), admin()] as const };
}

/** Asks for 30 days more, at 10 CREDIT. */
async function ask30Days(holder: Holder, over: object = {}): Promise<Extension> {
  const wish = extensionOf(holder.grantId, { endsAt: later(holder.endsAt, 30), ...over });
  const answer = await extendBy(world, holder.person, wish);
  if (!answer.ok) throw new Error(answer.refusal.code);
  expect(answer.value.grant).toMatchObject({ isExtending: true, endsAt: holder.endsAt });
  expect(answer.value.extension).toMatchObject({ status: 'IN_REVIEW', holdId: expect.stringMatching(/^hld_/) });
  return answer.value.extension;
}
const waiting = async (terms: Parameters<typeof makeReviewed>[0] = {}) => {
  const reviewed: Reviewed = await makeReviewed(terms);
  return { ...reviewed, extension: await ask30Days(reviewed) };
};

const approve = (by: Person, { id }: Pick<Extension, 'id'>, over: object = {}) =>
  world.access.usecases.approveGrantExtension(callOf(by), { idempotencyKey: newId('audit'), extensionId: id, ...over });
const deny = (by: Person, { id }: Pick<Extension, 'id'>, reason = 'Not this year.') =>
  world.access.usecases.denyGrantExtension(callOf(by), { extensionId: id, reason });
const withdraw = (by: Person, { id }: Pick<Extension, 'id'>) =>
  world.access.usecases.withdrawGrantExtension(callOf(by), { extensionId: id });
const load = ({ id }: Pick<Extension, 'id'>) => world.access.makeLoaders().extensions.load(id);
const refusal = (code: string) => ({ ok: false, refusal: { code } });
const status = (name: string) => ({ ok: true, value: { status: name } });

/** The grant is as it was before, and so is the money. */
async function expectUndone(holder: Holder) {
  const { grantId, accountId, endsAt } = holder;
  expect(await grantOf(world, grantId)).toMatchObject({ endsAt, paidMicros: credits(10) });
  expect(world.fake.available.get(accountId)).toBe(credits(90));
  expect(world.fake.escrows.get(grantId)).toMatchObject({ balance: credits(10), endsAt });
  expect(world.fake.sizes.get(grantId)?.endsAt).toEqual(endsAt);
  expect(world.fake.total()).toBe(holder.total);
  const extensions = await world.prisma.grantExtension.findMany({ where: { grantId } });
  expect(await world.prisma.sagaRun.count({ where: { id: { in: extensions.map(({ id }) => id) } } })).toBe(0);
}

describe('an extension of an offer that people decide on', () => {
  it('waits with its price reserved, and nothing grown', async () => {
    const { extension, grantId, accountId, endsAt } = await waiting();
    expect(extension.reviewDeadline?.getTime()).toBeCloseTo(Date.now() + 14 * DAY_MS, -5);
    expect(world.fake.available.get(accountId)).toBe(credits(80));
    expect(world.fake.keysOf(extension.id)).toEqual(['extendEscrow']);
    expect(world.fake.sizes.get(grantId)?.endsAt).toEqual(endsAt);
  });

  it('goes to its end within the call that approves it', async () => {
    const { extension, admins, person, grantId, endsAt, accountId } = await waiting();
    expect(await approve(admins[0], extension, { reason: 'Good.' })).toMatchObject(status('ACTIVE'));
    expect(await grantOf(world, grantId)).toMatchObject({ endsAt: later(endsAt, 30), paidMicros: credits(20) });
    expect(world.fake.sizes.get(grantId)?.endsAt).toEqual(later(endsAt, 30));
    expect(world.fake.available.get(accountId)).toBe(credits(80));
    expect(await world.access.makeLoaders().extensionReviews.load(extension.id)).toMatchObject([
      { reviewerId: admins[0].userId, verdict: 'APPROVED', reason: 'Good.', quantityMicros: 0n, revision: 0 },
    ]);
    const trail = await world.asOwner(
      'SELECT actor, action, outcome FROM platform.audit_entry WHERE target = ANY ($1) ORDER BY id',
      [[extension.id, grantId]],
    );
    expect(trail).toEqual([
      { actor: person.userId, action: 'extendGrant', outcome: 'OK' },
      { actor: admins[0].userId, action: 'approveGrantExtension', outcome: 'OK' },
      { actor: 'service:access', action: 'extendGrant.end', outcome: 'OK' },
    ]);
    expect(await approve(admins[1], extension)).toMatchObject(refusal('REQUEST_ENDED'));
  });

  it('is approved with one key once, and answered the same', async () => {
    const { extension, admins, grantId } = await waiting();
    const idempotencyKey = newId('audit');
    const answers = await Promise.all([1, 2, 3].map(() => approve(admins[0], extension, { idempotencyKey })));
    for (const answer of answers) expect(answer).toMatchObject(status('ACTIVE'));
    expect(await approve(admins[0], extension, { idempotencyKey, reason: 'x' })).toMatchObject(
      refusal('IDEMPOTENCY_KEY_REUSED'),
    );
    expect(await grantOf(world, grantId)).toMatchObject({ paidMicros: credits(20) });
  });

  it('is answered by its key as it stands, whatever became of it', async () => {
    const holder = await makeReviewed();
    const idempotencyKey = newId('audit');
    const endsAt = later(holder.endsAt, 30);
    const extension = await ask30Days(holder, { idempotencyKey });
    const again = () => extendBy(world, holder.person, extensionOf(holder.grantId, { idempotencyKey, endsAt }));
    expect(await again()).toMatchObject({ ok: true, value: { extension: { id: extension.id, status: 'IN_REVIEW' } } });
    await deny(holder.admins[0], extension);
    expect(await again()).toMatchObject({ ok: true, value: { extension: { status: 'DENIED', failure: null } } });
    await expectUndone(holder);
  });

  it('is DENIED with a reason, and everything undone', async () => {
    const reviewed = await waiting();
    const { extension, admins } = reviewed;
    expect(await deny(admins[0], extension, ' ')).toMatchObject(refusal('INVALID_INPUT'));
    expect(await deny(admins[0], extension)).toMatchObject(status('DENIED'));
    await expectUndone(reviewed);
    expect(await deny(admins[0], extension)).toMatchObject(status('DENIED'));
    expect(await approve(admins[1], extension)).toMatchObject(refusal('REQUEST_ENDED'));
    // The next one is free to be asked for.
    await ask30Days(reviewed);
  });

  it('is WITHDRAWN by who asked, not by its reviewers, and everything undone', async () => {
    const reviewed = await waiting();
    const { extension, admins, person } = reviewed;
    await expect(withdraw(admins[0], extension)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await withdraw(person, extension)).toMatchObject(status('WITHDRAWN'));
    await expectUndone(reviewed);
    expect(await withdraw(person, extension)).toMatchObject(status('WITHDRAWN'));
  });

  it('is EXPIRED at the deadline: at once for whoever looks, and undone by a durable task', async () => {
    const reviewed = await waiting();
    const { extension, admins, person } = reviewed;
    world.clock.set(extension.reviewDeadline);
    expect(world.access.usecases.requestStatus(extension)).toBe('UNDOING');
    const list = async (wanted: 'IN_REVIEW' | 'UNDOING') =>
      (
        await world.access.usecases.listGrantExtensions(person, {
          status: wanted,
          toReview: false,
          first: 10,
          after: null,
        })
      ).nodes.map(({ id }) => id);
    expect(await list('IN_REVIEW')).toEqual([]);
    expect(await list('UNDOING')).toEqual([extension.id]);
    expect(await approve(admins[0], extension)).toMatchObject(refusal('REQUEST_NOT_IN_REVIEW'));
    await world.work();
    expect(await load(extension)).toMatchObject({ status: 'EXPIRED', failure: null });
    await expectUndone(reviewed);
  });

  it('is decided on before the grant ends, and not after: it ends at its old end', async () => {
    const reviewed = await makeReviewed();
    world.clock.set(new Date(reviewed.endsAt.getTime() - DAY_MS));
    const extension = await ask30Days(reviewed);
    expect(extension.reviewDeadline).toEqual(reviewed.endsAt);
    world.clock.set(reviewed.endsAt);
    expect(await approve(reviewed.admins[0], extension)).toMatchObject(refusal('REQUEST_NOT_IN_REVIEW'));
    await world.work();
    await recover(world);
    await world.work();
    expect(await load(extension)).toMatchObject({ status: 'EXPIRED' });
    expect(await grantOf(world, reviewed.grantId)).toMatchObject({ state: 'ENDED', endedAt: reviewed.endsAt });
    expect(world.fake.available.get(reviewed.accountId)).toBe(credits(90));
    expect(world.fake.total()).toBe(reviewed.total);
  });

  it('is taken back where its grant is ended meanwhile: nobody waits for reviewers', async () => {
    const { extension, admins, person, grantId, accountId, total } = await waiting();
    expect(await endBy(world, person, grantId)).toMatchObject({ ok: true, value: { state: 'ENDING' } });
    await recover(world);
    expect(await load(extension)).toMatchObject({ status: 'WITHDRAWN' });
    expect(await grantOf(world, grantId)).toMatchObject({ state: 'ENDED', refundedMicros: credits(10) });
    expect(world.fake.available.get(accountId)).toBe(credits(100));
    expect(world.fake.total()).toBe(total);
    expect(await approve(admins[0], extension)).toMatchObject(refusal('REQUEST_ENDED'));
  });

  it('is not approved while its grant is being ended', async () => {
    const { extension, admins, person, grantId } = await waiting();
    const gate = latch();
    world.fake.hold('closeDrive', gate.opened);
    const ending = endBy(world, person, grantId);
    await expect.poll(() => world.fake.calls.at(-1)?.method).toBe('closeDrive');
    expect(await approve(admins[0], extension)).toMatchObject(refusal('GRANT_NOT_ACTIVE'));
    gate.open();
    world.fake.hold('closeDrive', Promise.resolve());
    await ending;
    await recover(world);
    expect(await load(extension)).toMatchObject({ status: 'WITHDRAWN' });
  });

  it('survives what is refused after the approval: FAILED, undone', async () => {
    const reviewed = await waiting();
    world.fake.plan('extendDrive', { kind: 'refuse' });
    expect(await approve(reviewed.admins[0], reviewed.extension)).toMatchObject(status('FAILED'));
    await expectUndone(reviewed);
  });

  it.each(['accept.after', 'extendEscrow.before', 'extendEscrow.after'])(
    'whose runner dies at %s is given up: only the person could have reserved its price',
    async (point) => {
      const reviewed = await makeReviewed();
      armFaults(`access.extendGrant.${point}=throw`);
      const wish = extensionOf(reviewed.grantId, { endsAt: later(reviewed.endsAt, 30) });
      await expect(extendBy(world, reviewed.person, wish)).rejects.toThrow('fault injected');
      await recover(world, world.replica());
      expect(await extendBy(world, reviewed.person, wish)).toMatchObject({
        ok: true,
        value: { extension: { status: 'FAILED', failure: { code: 'CHAIN_INTERRUPTED' } } },
      });
      await expectUndone(reviewed);
    },
  );

  it.each(['grow.before', 'grow.after', 'captureHold.before', 'captureHold.after'])(
    'whose approver’s runner dies at %s is done by a fresh one',
    async (point) => {
      const { extension, admins, grantId, endsAt, total } = await waiting();
      armFaults(`access.extendGrant.${point}=throw`);
      // The chain goes on beside the answer; that it broke is the next runner's affair.
      await approve(admins[0], extension).catch(() => null);
      await recover(world, world.replica());
      expect(await load(extension)).toMatchObject({ status: 'ACTIVE' });
      expect(await grantOf(world, grantId)).toMatchObject({ endsAt: later(endsAt, 30), paidMicros: credits(20) });
      expect(world.fake.total()).toBe(total);
    },
  );
});

describe('an extension of what a group holds', () => {
  /** One that waits for the provider, asked for by an ADMIN of the group. */
  async function ofGroup() {
    const groupId = newId('group');
    const reviewed = await makeReviewed({}, groupId);
    return { ...reviewed, groupId, extension: await ask30Days(reviewed) };
  }

  it.each([
    ['removed', (userId: string) => world.members.set(userId, new Map())],
    ['disabled', (userId: string) => world.disabled.add(userId)],
  ])('whose requester is %s is taken back by another ADMIN of the group, in person', async (_what, putOut) => {
    const reviewed = await ofGroup();
    const { extension, groupId, admins, person } = reviewed;
    putOut(person.userId);
    expect(await approve(admins[0], extension)).toMatchObject(refusal('REQUESTER_NOT_ENTITLED'));
    const other = withRoles(world, makePerson(), { [groupId]: 'ADMIN' });
    await expect(withdraw({ ...other, actor: 'compute' }, extension)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await withdraw(other, extension)).toMatchObject(status('WITHDRAWN'));
    await expectUndone(reviewed);
    expect(await withdraw(other, extension)).toMatchObject(status('WITHDRAWN'));
    const trail = await world.asOwner(
      `SELECT actor, outcome FROM platform.audit_entry
       WHERE target = $1 AND action = 'withdrawGrantExtension' AND outcome = 'OK' ORDER BY id LIMIT 1`,
      [extension.id],
    );
    expect(trail).toEqual([{ actor: other.userId, outcome: 'OK' }]);
    // The grant is free for the next one.
    await ask30Days({ ...reviewed, person: other });
  });

  it('is taken back by no MEMBER, no ADMIN of another group or of the provider, and no operator', async () => {
    const { extension, groupId, admins, offer } = await ofGroup();
    const somebody = (roles: Parameters<typeof withRoles>[2]) => withRoles(world, makePerson(), roles);
    const refuse = (who: Person) => expect(withdraw(who, extension)).rejects;
    // Whom it is not shown to, is not told that it is there.
    await refuse(somebody({ [groupId]: 'MEMBER' })).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(somebody({ [newId('group')]: 'ADMIN' })).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(somebody({ [groupId]: 'MEMBER', [offer.providerId]: 'ADMIN' })).toMatchObject({ code: 'FORBIDDEN' });
    await refuse(admins[0]).toMatchObject({ code: 'FORBIDDEN' });
    await refuse(makePerson({ operator: true })).toMatchObject({ code: 'FORBIDDEN' });
    expect(await load(extension)).toMatchObject({ status: 'IN_REVIEW' });
  });
});

describe('who decides on an extension', () => {
  it('two people above the limit that the offer names, each once', async () => {
    const { extension, admins } = await waiting({ twoPeopleAboveMicros: credits(9) });
    expect(await approve(admins[0], extension)).toMatchObject(status('IN_REVIEW'));
    expect(await approve(admins[0], extension)).toMatchObject(refusal('ALREADY_REVIEWED'));
    expect(world.fake.keysOf(extension.id)).toEqual(['extendEscrow']);
    expect(await approve(admins[1], extension)).toMatchObject(status('ACTIVE'));
  });

  it('nobody, as a provider, who belongs to the group that holds the grant', async () => {
    const groupId = newId('group');
    const reviewed = await makeReviewed({}, groupId);
    const { offer } = reviewed;
    const extension = await ask30Days(reviewed);
    const both = withRoles(world, makePerson(), { [offer.providerId]: 'ADMIN', [groupId]: 'MEMBER' });
    expect(await approve(both, extension)).toMatchObject(refusal('OWN_REQUEST'));
    expect(await deny(both, extension)).toMatchObject(refusal('OWN_REQUEST'));
    expect(await load(extension)).toMatchObject({ status: 'IN_REVIEW' });
    expect(await world.access.makeLoaders().extensionReviews.load(extension.id)).toEqual([]);
    expect(world.fake.keysOf(extension.id)).toEqual(['extendEscrow']);
    // Out of the group it is nobody's own cause.
    const left = withRoles(world, both, { [offer.providerId]: 'ADMIN' });
    expect(await approve(left, extension)).toMatchObject(status('ACTIVE'));
  });

  it('never the requester, whatever roles they have', async () => {
    const { extension, person, offer } = await waiting();
    const asAdmin = withRoles(world, person, { [offer.providerId]: 'ADMIN' });
    expect(await approve(asAdmin, extension)).toMatchObject(refusal('OWN_REQUEST'));
    expect(await deny(asAdmin, extension)).toMatchObject(refusal('OWN_REQUEST'));
    await expect(
      world.asOwner(`INSERT INTO extension_review (extension_id, reviewer_id, verdict) VALUES ($1, $2, 'APPROVED')`, [
        extension.id,
        person.userId,
      ]),
    ).rejects.toThrow('nobody reviews their own extension');
    expect(await load(extension)).toMatchObject({ status: 'IN_REVIEW' });
  });

  it('by GROUP_ADMIN another ADMIN of the group, and the requester must still be one', async () => {
    const groupId = newId('group');
    const asking = makeAsking(world);
    const admin = withRoles(world, asking.person, { [groupId]: 'ADMIN' });
    const other = withRoles(world, makePerson(), { [groupId]: 'ADMIN' });
    const member = withRoles(world, makePerson(), { [groupId]: 'MEMBER' });
    const offer = await makeOffer(world, {});
    const group = { ...askingFor(world, offer), person: admin };
    const holder = await makeHolder(world, { ...group, input: { ...group.input, groupId } });
    await world.asOwner(
      `INSERT INTO offer_version (offer_id, version, price_micros, approval, visible_to, published_by)
       VALUES ($1, 2, 1000000, 'GROUP_ADMIN', '{}', 'test')`,
      [offer.id],
    );
    const extension = await ask30Days(holder);
    expect(await approve(admin, extension)).toMatchObject(refusal('OWN_REQUEST'));
    await expect(approve(member, extension)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    withRoles(world, admin, { [groupId]: 'MEMBER' });
    expect(await approve(other, extension)).toMatchObject(refusal('REQUESTER_NOT_ENTITLED'));
    withRoles(world, admin, { [groupId]: 'ADMIN' });
    expect(await approve(other, extension)).toMatchObject(status('ACTIVE'));
  });

  it('nobody else: NOT_FOUND to strangers, FORBIDDEN to operators, programs and without the scope', async () => {
    const { extension, admins, person, grantId } = await waiting();
    const refuse = (viewer: Person, id = extension.id) => expect(approve(viewer, { id })).rejects;
    await refuse(makePerson()).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(makePerson({ operator: true })).toMatchObject({ code: 'FORBIDDEN' });
    await refuse({ ...admins[0], actor: 'compute' }).toMatchObject({ code: 'FORBIDDEN' });
    await refuse({ ...admins[0], scopes: new Set() }).toMatchObject({ code: 'FORBIDDEN' });
    await refuse(admins[0], newId('extension')).toMatchObject({ code: 'NOT_FOUND' });
    await refuse(admins[0], newId('request')).toMatchObject({ code: 'NOT_FOUND' });
    await expect(deny(makePerson(), extension)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(withdraw(makePerson(), extension)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    const find = (viewer: Person) =>
      world.access.usecases.findGrantExtension(viewer, world.access.makeLoaders(), extension.id);
    expect(await find(makePerson())).toBeNull();
    expect(await find(admins[1])).toMatchObject({ id: extension.id });
    const ofGrant = (viewer: Person) =>
      world.access.usecases.findExtensionUnderWay(viewer, world.access.makeLoaders(), {
        id: grantId,
        isExtending: true,
      });
    expect(await ofGrant(person)).toMatchObject({ id: extension.id });
    expect(await ofGrant(makePerson())).toBeNull();
    const toReview = async (viewer: Person) =>
      (
        await world.access.usecases.listGrantExtensions(viewer, {
          status: 'IN_REVIEW',
          toReview: true,
          first: 10,
          after: null,
        })
      ).nodes.map(({ id }) => id);
    expect(await toReview(admins[0])).toEqual([extension.id]);
    expect(await toReview(makePerson())).toEqual([]);
  });
});
