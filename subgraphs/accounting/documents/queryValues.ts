import { badUserInput } from '../../../platform/kernel/faults.js';
import { scalarResolvers } from '../../../platform/server/scalars.js';

/** A value of a query string; null where it is not there or empty. @throws Fault BAD_USER_INPUT where it is there twice */
export function textOf(name: string, given: unknown): string | null {
  if (given === undefined || given === '') return null;
  if (typeof given !== 'string') throw badUserInput(`${name} must be there once.`);
  return given;
}

/** A time of a query string, in the form of the graph. @throws Fault BAD_USER_INPUT */
export function timeOf(name: string, given: unknown): Date | null {
  const text = textOf(name, given);
  return text === null ? null : scalarResolvers.DateTime.parseValue(text);
}
