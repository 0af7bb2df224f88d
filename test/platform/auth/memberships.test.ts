import { describe, expect, it } from 'vitest';
import { membershipIndex, membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';

describe('membershipIndex', () => {
  const userId = newId('user');
  const one = newId('group');
  const other = newId('group');
  const row = (groupId: string, state: string, of = userId) =>
    ({ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, of), state }) as const;

  it('tells the present role in each group, of one person', () => {
    const index = membershipIndex();
    index.take(row(one, 'MEMBER'));
    index.take(row(other, 'ADMIN'));
    index.take(row(other, 'MEMBER', newId('user')));
    index.take(row(one, 'ADMIN'));
    expect([...index.rolesOf(userId)]).toEqual([
      [one, 'ADMIN'],
      [other, 'ADMIN'],
    ]);
    expect(index.rolesOf(newId('user')).size).toBe(0);
  });

  it('ends a membership with NONE, also in what was given out before, and takes any other state for the end', () => {
    const index = membershipIndex();
    index.take(row(one, 'ADMIN'));
    index.take(row(other, 'MEMBER'));
    const held = index.rolesOf(userId);
    index.take(row(one, 'NONE'));
    expect([...held]).toEqual([[other, 'MEMBER']]);
    index.take(row(other, 'OWNER'));
    expect(held.size).toBe(0);
    expect(index.rolesOf(userId).size).toBe(0);
  });

  it('forgets all for another beginning, also in what was given out before', () => {
    const index = membershipIndex();
    const another = newId('user');
    index.take(row(one, 'ADMIN'));
    index.take(row(one, 'MEMBER', another));
    const held = [index.rolesOf(userId), index.rolesOf(another)];
    index.renew([row(other, 'MEMBER'), row(one, 'NONE', another)]);
    expect(held.map((roles) => [...roles])).toEqual([[[other, 'MEMBER']], []]);
    expect(index.rolesOf(userId)).toBe(held[0]);
    expect(index.rolesOf(another).size).toBe(0);
  });

  it('leaves out what is no membership', () => {
    const index = membershipIndex();
    index.take({ kind: 'USER', subject: membershipSubject(one, userId), state: 'ADMIN' });
    for (const subject of ['', '/', userId, `${userId}/${one}`, `${one}/`, `/${userId}`]) {
      index.take({ kind: 'MEMBERSHIP', subject, state: 'ADMIN' });
    }
    expect(index.rolesOf(userId).size).toBe(0);
  });
});
