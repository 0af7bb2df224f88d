import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../acct/document/document.js';
import type { AcctValue } from '../../../acct/document/value.js';
import { readYaml } from '../../../acct/document/yaml/read.js';
import { writeYaml } from '../../../acct/document/yaml/write.js';
import { document } from '../support/arbitraries.js';
import { codeOf } from '../support/codeOf.js';

const readValue = (text: string): AcctValue | undefined =>
  (readYaml(`v: ${text}`) as ReadonlyMap<string, AcctValue>).get('v');
const map = (entries: Record<string, AcctValue>) => new Map(Object.entries(entries));

describe('YAML 1.1 as PyYAML reads it', () => {
  it.each<[string, AcctValue]>([
    ['yes', true],
    ['On', true],
    ['TRUE', true],
    ['no', false],
    ['Off', false],
    ['y', 'y'],
    ['yEs', 'yEs'],
    ['"yes"', 'yes'],
    ["'no'", 'no'],
    ['~', null],
    ['Null', null],
    ['', null],
    ['nULL', 'nULL'],
    ['0777', 511n],
    ['-010', -8n],
    ['0o17', '0o17'],
    ['09', '09'],
    ['0x1F', 31n],
    ['0b101', 5n],
    ['1_000', 1000n],
    ['+12', 12n],
    ['1:20', 80n],
    ['-1:20', -80n],
    ['190:20:30', 685_230n],
    ['1:20.5', 80.5],
    ['1:99', '1:99'],
    ['1.0', 1],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', '-.5'],
    ['1e3', '1e3'],
    ['1.5e3', '1.5e3'],
    ['1.5e+3', 1500],
    ['.inf', Number.POSITIVE_INFINITY],
    ['-.INF', Number.NEGATIVE_INFINITY],
    ['.NaN', Number.NaN],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['"2020-01-01"', '2020-01-01'],
    ['!!str 12', '12'],
    ['! 12', '12'],
    ['!!int "3"', 3n],
    ['!!float 3', 3],
    ['!!bool "on"', true],
    ['!!null ""', null],
    ['!!binary aGk=', Uint8Array.of(0x68, 0x69)],
    ['|\n  a\n  b', 'a\nb\n'],
    ['>-\n  a\n  b', 'a b'],
    ['"\\u00e9\\n"', 'é\n'],
    ['[1, 1.0, a]', [1n, 1, 'a']],
    ['{a: 1}', map({ a: 1n })],
  ])('%s', (text, value) => {
    expect(readValue(text)).toStrictEqual(value);
  });

  it('keeps the types of keys', () => {
    const read = readYaml('12: a\nyes: b\n~: c\n2.5: d\n"12": e\n') as ReadonlyMap<unknown, unknown>;
    expect([...read.keys()]).toEqual([12n, true, null, 2.5, '12']);
  });

  it('merges: own keys win, then the first of a list', () => {
    const text = 'a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  z: 3\n  <<: [*a, *b]\nd:\n  <<: *a\n';
    const read = readYaml(text) as ReadonlyMap<string, AcctValue>;
    expect(read.get('c')).toEqual(
      new Map([
        ['y', 1n],
        ['z', 3n],
        ['x', 1n],
      ]),
    );
    expect(read.get('d')).toEqual(map({ x: 1n, y: 1n }));
    expect(readYaml('"<<": 1\n')).toEqual(map({ '<<': 1n }));
  });

  it.each([
    ['VALUE_UNSUPPORTED: Line 2: a date', 'a: 1\nb: 2020-01-02\n'],
    ['VALUE_UNSUPPORTED: Line 2: a date', 'a:\n  - 2001-12-14 21:59:43.10 -5\n'],
    ['KEY_DUPLICATE: Line 3: the key password stands twice', 'a:\n  password: s3cr3t\n  password: s3cr3t\n'],
    ['KEY_DUPLICATE: Line 2: the key true stands twice', '1: s3cr3t\nyes: s3cr3t\n'],
    ['KEY_DUPLICATE: Line 1:', '{a: 1, "a": 2}'],
    ['VALUE_UNSUPPORTED: Line 1: an integer needs more than 64 bits', 'a: 18446744073709551616'],
    ['VALUE_UNSUPPORTED: Line 1: its tag', 'a: !foo s3cr3t'],
    ['VALUE_UNSUPPORTED: Line 1: its tag', 'a: !!set {a, b}'],
    ['VALUE_UNSUPPORTED: Line 1: a plain =', 'a: ='],
    ['VALUE_UNSUPPORTED: Line 1: a mapping or a sequence cannot be a key', '[a]: 1'],
    ['DOCUMENT_INVALID: Line 2: this is not valid YAML', 'a: "s3cr3t\n'],
    ['DOCUMENT_INVALID: Line 2: this is not valid YAML: multiple docs', 'a: 1\n---\nb: 2\n'],
    ['DOCUMENT_INVALID: Line 1: the alias names no anchor', 'a: *b'],
    ['DOCUMENT_INVALID: Line 1: the alias stands inside', 'a: &a [*a]'],
    ['DOCUMENT_INVALID: Line 1: the value is tagged as integer', 'a: !!int s3cr3t'],
    ['DOCUMENT_INVALID: Line 1: a merge key', '<<: 1'],
    ['DOCUMENT_INVALID: The file must hold a mapping', 'just text'],
    ['DOCUMENT_INVALID: The file must hold a mapping of providers. It looks encrypted already.', 'gAAAAABf'],
  ])('refuses with its line: %s', async (refusal, text) => {
    const said = await codeOf(() => readDocument(text, 'The file'));
    expect(said.startsWith(refusal), said).toBe(true);
    expect(said).not.toContain('s3cr3t');
  });

  it('says that templates are not rendered', async () => {
    expect(await codeOf(() => readDocument('{% if a %}\nb: 1', 'f'))).toMatch(/Jinja templates are not rendered/);
  });

  it('bounds what aliases grow to, and the depth', async () => {
    const levels = Array.from(
      { length: 20 },
      (_, index) => `l${index + 1}: &l${index + 1} [${`*l${index}, `.repeat(9)}]`,
    );
    expect(await codeOf(() => readYaml(`l0: &l0 [x]\n${levels.join('\n')}\n`))).toMatch(/^LIMIT_EXCEEDED: .*aliases/);
    expect(await codeOf(() => readYaml(`a: ${'['.repeat(150)}${']'.repeat(150)}`))).toMatch(
      /^LIMIT_EXCEEDED: .*deeper/,
    );
  });

  it('writes what it reads back: every document survives', () => {
    fc.assert(
      fc.property(document, (given) => {
        expect(readYaml(writeYaml(given))).toStrictEqual(given);
      }),
      { numRuns: 300 },
    );
  });

  it('shows text of several lines as it is, and floats as floats', () => {
    expect(writeYaml(map({ key: '-----BEGIN\nabc\n-----END\n', one: 1, big: 1e21, no: 'no', n: 1n }))).toBe(
      'key: |\n  -----BEGIN\n  abc\n  -----END\none: 1.0\nbig: 1.0e+21\n"no": "no"\n"n": 1\n'.replace(
        '"n": 1',
        '"n": 1',
      ),
    );
  });
});
