import { buildSchema, type GraphQLScalarType, graphql } from 'graphql';
import { describe, expect, it } from 'vitest';
import { publicError } from '../../../platform/server/errors.js';
import { makeLogger } from '../../../platform/server/log.js';
import { scalarResolvers } from '../../../platform/server/scalars.js';

const { DateTime, Decimal, Bytes, Count, URL: Url } = scalarResolvers;

describe('scalars', () => {
  it('read what they should', () => {
    expect(DateTime.parseValue('2026-02-28T12:00:00+01:00')).toEqual(new Date('2026-02-28T11:00:00.000Z'));
    expect(Decimal.parseValue('-1.50')).toBe('-1.50');
    expect(Bytes.parseValue('12582912')).toBe(12_582_912n);
    expect(Count.parseValue('9007199254740993')).toBe(9_007_199_254_740_993n);
    expect(Url.parseValue('http://a.example/x')).toBe('http://a.example/x');
  });

  it('write what clients get', () => {
    expect(DateTime.serialize(new Date('2026-02-28T11:00:00Z'))).toBe('2026-02-28T11:00:00.000Z');
    expect(Bytes.serialize(5n)).toBe('5');
  });

  it.each([
    [Decimal, 1.5],
    [Decimal, '1e3'],
    [Decimal, 'NaN'],
    [Decimal, '+1'],
    [Decimal, '1.'],
    [Decimal, '\u0661'],
    [Decimal, '1'.repeat(39)],
    [Bytes, '-1'],
    [Bytes, 5],
    [Count, '1.5'],
    [DateTime, '2026-02-30T00:00:00Z'],
    [DateTime, '2026-02-03'],
    [DateTime, 'tomorrow'],
    [DateTime, 0],
    [Url, 'nowhere'],
  ])('%s refuses %j', (scalar, value) => {
    expect(() => scalar.parseValue(value)).toThrowError(expect.objectContaining({ code: 'BAD_USER_INPUT' }));
  });

  it.each([
    [DateTime, 'DateTime must be an instant of a day that exists', '"2026-01-31T12:00:00Z"'],
    [Decimal, 'Decimal must be a decimal number as a string', '"12.5"'],
    [Bytes, 'Bytes must be a number of bytes as a string', '"1048576"'],
    [Count, 'Count must be a whole number as a string', '"42"'],
    [Url, 'URL must be an absolute URL', '"https://example.org/path"'],
  ])('%s says what it must be, with an example that it takes, and not what it was', (scalar, expected, example) => {
    const refuse = () => scalar.parseValue('hunter2');
    expect(refuse).toThrow(expected);
    expect(refuse).toThrow(`such as ${example}`);
    expect(refuse).not.toThrow('hunter2');
    expect(() => scalar.parseValue(JSON.parse(example))).not.toThrow();
  });

  describe('as clients see what they refuse', () => {
    const schema = buildSchema(`
      scalar Decimal
      input Money { amount: Decimal! count: Int }
      type Query { pay(input: [Money!]!, times: Decimal): Boolean }
    `);
    const decimal = schema.getType('Decimal') as GraphQLScalarType<unknown, unknown>;
    decimal.parseValue = Decimal.parseValue;
    decimal.parseLiteral = Decimal.parseLiteral;
    const format = publicError(makeLogger('test', 'silent'));
    const rule = 'Decimal must be a decimal number as a string, such as "12.5"';

    const messageOf = async (source: string, variableValues: Record<string, unknown> = {}): Promise<string> => {
      const [error] = (await graphql({ schema, source, variableValues })).errors ?? [];
      if (error === undefined) throw new Error('it was not refused');
      // As Apollo Server marks what graphql-js itself refuses.
      return format({ ...error.toJSON(), extensions: { code: 'BAD_USER_INPUT', ...error.extensions } }, error).message;
    };
    const pay = 'query ($input: [Money!]!) { pay(input: $input) }';

    it('names the variable, the place in it and the rule, and never the value', async () => {
      const value = `12,5; hunter2 at "x"; ${'9'.repeat(10_000)}`;
      const message = await messageOf(pay, { input: [{ amount: '1' }, { amount: value }] });
      expect(message).toBe(
        `Variable "$input" got an invalid value at "input[1].amount": ${rule} (amounts and quantities with at most 6 decimal places).`,
      );
    });

    it('names the field that a literal is for', async () => {
      expect(await messageOf('{ pay(input: [{ amount: 12.5 }]) }')).toMatch(
        `Field "amount" got an invalid value: ${rule}`,
      );
      expect(await messageOf('{ pay(input: [], times : "x") }')).toMatch(`Field "times" got an invalid value: ${rule}`);
    });

    it('does not repeat the values of other types either', async () => {
      expect(await messageOf(pay, { input: [{ amount: '1', count: ['a; hunter2'] }] })).toBe(
        'Variable "$input" got an invalid value at "input[0].count": Int cannot represent non-integer value.',
      );
      const long = await messageOf(`{ pay(input: [{ amount: "1", count: "${'9'.repeat(10_000)}" }]) }`);
      expect(long).toMatch(/^Int cannot represent non-integer value: "9+ \.\.\.$/);
      expect(long.length).toBeLessThan(600);
    });
  });
});
