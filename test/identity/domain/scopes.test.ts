import { describe, expect, it } from 'vitest';
import { narrowScopes, scopesOfPerson } from '../../../subgraphs/identity/domain/scopes.js';

describe('scopes', () => {
  it('of a person: everything but what is a controller’s; operators may deposit', () => {
    const person = scopesOfPerson({ operator: false });
    expect(person).not.toContain('compute:control');
    expect(person).not.toContain('accounting:usage');
    expect(person).not.toContain('accounting:deposit');
    expect(scopesOfPerson({ operator: true })).toEqual([...person, 'accounting:deposit']);
  });

  it('are narrowed to some of those held, never widened', () => {
    expect(narrowScopes(['b', 'a', 'b'], ['a', 'b', 'c'])).toEqual(['b', 'a']);
    expect(narrowScopes([], ['a'])).toEqual([]);
    expect(narrowScopes(['a', 'd'], ['a', 'b', 'c'])).toBeNull();
    expect(narrowScopes(['a b'], ['a', 'b'])).toBeNull();
  });
});
