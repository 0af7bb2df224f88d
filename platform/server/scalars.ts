import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { badUserInput } from '../kernel/faults.js';

const DECIMAL = /^-?[0-9]{1,38}(\.[0-9]{1,38})?$/;
const WHOLE = /^[0-9]{1,38}$/;
const SIGNED = /^-?[0-9]{1,38}$/;
// RFC 3339 with an offset; Date.parse alone would take local times and words.
const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** How far before a literal the name of its field is looked for. */
const NAME_REACH = 200;

/** What makes one scalar different from the others. */
interface TextScalar<Value> {
  readonly name: string;
  /** Ends the sentence "<name> must be ...", with an example; without a semicolon, which ends graphql-js' own part. */
  readonly expected: string;
  /** The value, or undefined where the text is not of the form. */
  readonly parse: (text: string) => Value | undefined;
  readonly serialize: (value: unknown) => string;
}

/** A scalar that travels as a JSON string; another value is a Fault BAD_USER_INPUT, which never repeats the value. */
function textScalar<Value>({ name, expected, parse, serialize }: TextScalar<Value>): GraphQLScalarType<Value, string> {
  const fromClient = (value: unknown, place = ''): Value => {
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed === undefined) throw badUserInput(`${place}${name} must be ${expected}.`);
    return parsed;
  };
  return new GraphQLScalarType<Value, string>({
    name,
    serialize,
    // A variable: graphql-js says which one, and where in it.
    parseValue: (value) => fromClient(value),
    parseLiteral: (node) => fromClient(node.kind === Kind.STRING ? node.value : undefined, placeOf(node)),
  });
}

/** Which field a literal in the document is for; graphql-js does not tell. */
function placeOf({ loc }: ValueNode): string {
  if (loc === undefined) return '';
  const before = loc.source.body.slice(Math.max(0, loc.start - NAME_REACH), loc.start);
  const name = /(\w+)\s*:\s*$/.exec(before)?.[1];
  return name === undefined ? '' : `Field "${name}" got an invalid value: `;
}

function parseDateTime(text: string): Date | undefined {
  const instant = new Date(text);
  if (!DATE_TIME.test(text) || Number.isNaN(instant.getTime())) return undefined;
  // Date rolls 30 February over into March; such a day does not exist and is refused.
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day ? instant : undefined;
}

const textOf =
  (isOfForm: (text: string) => boolean) =>
  (text: string): string | undefined =>
    isOfForm(text) ? text : undefined;

const parseWhole = (text: string): bigint | undefined => (WHOLE.test(text) ? BigInt(text) : undefined);

/** A count may come with a sign: whether it may be below zero is for the use case to say, of one record among many. */
const parseCount = (text: string): bigint | undefined => (SIGNED.test(text) ? BigInt(text) : undefined);

/** The scalars of common.graphql: DateTime as Date, Bytes and Count as bigint, Decimal and URL as text. */
export const scalarResolvers = {
  DateTime: textScalar({
    name: 'DateTime',
    expected: 'an instant of a day that exists, with its offset (RFC 3339), such as "2026-01-31T12:00:00Z"',
    parse: parseDateTime,
    serialize: (value) => (value instanceof Date ? value : new Date(String(value))).toISOString(),
  }),
  Decimal: textScalar({
    name: 'Decimal',
    expected: 'a decimal number as a string, such as "12.5" (amounts and quantities with at most 6 decimal places)',
    parse: textOf((text) => DECIMAL.test(text)),
    serialize: String,
  }),
  Bytes: textScalar({
    name: 'Bytes',
    expected: 'a number of bytes as a string of 1 to 38 digits, such as "1048576"',
    parse: parseWhole,
    serialize: String,
  }),
  Count: textScalar({
    name: 'Count',
    expected: 'a whole number as a string of 1 to 38 digits, such as "42"',
    parse: parseCount,
    serialize: String,
  }),
  URL: textScalar({
    name: 'URL',
    expected: 'an absolute URL, such as "https://example.org/path"',
    parse: textOf((text) => URL.canParse(text)),
    serialize: String,
  }),
};
