import { GraphQLScalarType, Kind, type ValueNode } from 'graphql';
import { badUserInput } from '../kernel/faults.js';

const DECIMAL = /^-?[0-9]{1,38}(\.[0-9]{1,38})?$/;
const WHOLE = /^[0-9]{1,38}$/;
// RFC 3339 with an offset; Date.parse alone would take local times and words.
const DATE_TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** A scalar that travels as a JSON string; `parse` throws a Fault BAD_USER_INPUT. */
function textScalar<Value>(
  name: string,
  parse: (text: string) => Value,
  serialize: (value: unknown) => string,
): GraphQLScalarType<Value, string> {
  const fromClient = (value: unknown): Value => {
    if (typeof value !== 'string') throw badUserInput(`${name} must be a string.`);
    return parse(value);
  };
  return new GraphQLScalarType<Value, string>({
    name,
    serialize,
    parseValue: fromClient,
    parseLiteral: (node: ValueNode) => fromClient(node.kind === Kind.STRING ? node.value : undefined),
  });
}

function parseDateTime(text: string): Date {
  const instant = new Date(text);
  if (!DATE_TIME.test(text) || Number.isNaN(instant.getTime())) throw badUserInput('DateTime must be RFC 3339.');
  // Date rolls 30 February over into March; such a day does not exist and is refused.
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  if (new Date(Date.UTC(year, month - 1, day)).getUTCDate() !== day) throw badUserInput('There is no such day.');
  return instant;
}

function parseDecimal(text: string): string {
  if (!DECIMAL.test(text)) throw badUserInput('Decimal must match -?[0-9]{1,38}(.[0-9]{1,38})?.');
  return text;
}

function parseWhole(name: string): (text: string) => bigint {
  return (text) => {
    if (!WHOLE.test(text)) throw badUserInput(`${name} must be a string of 1 to 38 digits.`);
    return BigInt(text);
  };
}

function parseUrl(text: string): string {
  if (!URL.canParse(text)) throw badUserInput('URL must be absolute.');
  return text;
}

/** The scalars of common.graphql: DateTime as Date, Bytes and Count as bigint, Decimal and URL as text. */
export const scalarResolvers = {
  DateTime: textScalar('DateTime', parseDateTime, (value) =>
    (value instanceof Date ? value : new Date(String(value))).toISOString(),
  ),
  Decimal: textScalar('Decimal', parseDecimal, String),
  Bytes: textScalar('Bytes', parseWhole('Bytes'), String),
  Count: textScalar('Count', parseWhole('Count'), String),
  URL: textScalar('URL', parseUrl, String),
};
