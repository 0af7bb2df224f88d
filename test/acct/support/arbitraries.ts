import fc from 'fast-check';
import {
  type AcctKey,
  type AcctMap,
  type AcctValue,
  keyIdentity,
  SIGNED_MIN,
  UNSIGNED_MAX,
} from '../../../acct/document/value.js';

/** Text as people and machines write it: also what YAML takes for something else, and every odd character. */
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    'yes',
    'No',
    'null',
    '~',
    '',
    '1',
    '1.0',
    '1e3',
    '0777',
    '0o17',
    '1:20',
    '1_000',
    '.inf',
    '2020-01-01',
    '<<',
    '=',
  ),
  fc.constantFrom(
    '- a',
    '? b',
    'a: b',
    '#c',
    'a #c',
    '{',
    '[',
    '&x',
    '*x',
    '!t',
    '|',
    '>',
    '%',
    '@',
    '`',
    '"',
    "'",
    '---',
    '...',
    ' a ',
    'y',
  ),
  fc.array(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n')),
  fc
    .array(fc.constantFrom('', ' ', '\t', 'a', ' a', 'a ', '\ta', '---', '# a', '\r'), { maxLength: 6 })
    .map((lines) => lines.join('\n')),
);

const integer = fc.oneof(
  fc.bigInt({ min: SIGNED_MIN, max: UNSIGNED_MAX }),
  fc.bigInt({ min: -300n, max: 300n }),
  fc.constantFrom(SIGNED_MIN, UNSIGNED_MAX, 2n ** 53n + 1n, -(2n ** 31n), 2n ** 32n, 0xffffn, 0x10000n, -33n, -32n),
);

/** Floats; those that are whole must stay floats. */
const float = fc.oneof(
  fc.double(),
  fc.integer().map(Number),
  fc.constantFrom(1, -0, 0, 1e21, 1e-7, Number.POSITIVE_INFINITY),
);

const scalar = fc.oneof(fc.constant(null), fc.boolean(), integer, float, text);
const bytes = fc.uint8Array({ maxLength: 40 });

/** A mapping without two keys that Python takes for one. */
const mapOf = (key: fc.Arbitrary<AcctKey>, value: fc.Arbitrary<AcctValue>): fc.Arbitrary<AcctMap> =>
  fc
    .uniqueArray(fc.tuple(key, value), { selector: ([held]) => keyIdentity(held), maxLength: 6 })
    .map((entries) => new Map(entries));

/** Any document that a file can hold. */
export const document: fc.Arbitrary<AcctMap> = fc.letrec<{ value: AcctValue; map: AcctMap }>((tie) => ({
  map: mapOf(scalar, tie('value')),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    bytes,
    fc.array(tie('value'), { maxLength: 5 }),
    tie('map'),
  ),
})).map;

/** Any document of JSON: keys are text, floats are finite. */
export const jsonDocument: fc.Arbitrary<AcctMap> = fc.letrec<{ value: AcctValue; map: AcctMap }>((tie) => ({
  map: mapOf(text, tie('value')),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.oneof(fc.constant(null), fc.boolean(), integer, fc.double({ noDefaultInfinity: true, noNaN: true }), text),
    fc.array(tie('value'), { maxLength: 5 }),
    tie('map'),
  ),
})).map;
