import { describe, expect, it } from 'vitest';
import { closingsMax, escapeRdnValue, hasName, rolesOfEntry } from '../../../subgraphs/identity/domain/directory.js';

describe('a value in a DN (RFC 4514, section 2.4)', () => {
  it.each([
    ['alice', 'alice'],
    ['a,b', 'a\\,b'],
    ['a+b=c', 'a\\+b\\=c'],
    ['a"b', 'a\\"b'],
    ['a\\b', 'a\\\\b'],
    ['<a;b>', '\\<a\\;b\\>'],
    ['#a', '\\#a'],
    ['a#', 'a#'],
    [' a ', '\\ a\\ '],
    [' ', '\\ '],
    ['a\0b', 'a\\00b'],
    ['Lučić', 'Lučić'],
  ])('%j is written %j', (value, written) => expect(escapeRdnValue(value)).toBe(written));
});

describe('roles of an entry', () => {
  const mapping = [
    { dn: 'cn=heads', groupId: 'g1', role: 'ADMIN' },
    { dn: 'cn=lab', groupId: 'g1', role: 'MEMBER' },
    { dn: 'cn=other', groupId: 'g2', role: 'MEMBER' },
  ] as const;

  it.each([
    [[], {}],
    [['cn=lab'], { g1: 'MEMBER' }],
    [['cn=lab', 'cn=heads'], { g1: 'ADMIN' }],
    [['cn=other', 'cn=unknown'], { g2: 'MEMBER' }],
  ])('%j give %j', (groups, roles) => expect(Object.fromEntries(rolesOfEntry({ groups }, mapping))).toEqual(roles));

  it('are the higher one in whatever order the mapping stands', () => {
    const entry = { groups: ['cn=lab', 'cn=heads'] };
    expect(rolesOfEntry(entry, [...mapping].reverse()).get('g1')).toBe('ADMIN');
  });
});

it('an entry has the names that fold to a user name, and no others', () => {
  const entry = { names: ['Alice', 'x', 'bob smith'] };
  expect([hasName(entry, 'alice'), hasName(entry, 'x'), hasName(entry, 'bob smith')]).toEqual([true, false, false]);
});

it.each([
  [0, 3],
  [3, 3],
  [19, 3],
  [20, 4],
  [1_000, 200],
])('of %i people %i may be gone at once', (people, max) => expect(closingsMax(people)).toBe(max));
