import { type InvalidInput, invalidInput } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { computeLimits } from './limits.js';

/** What a job runs: a program with arguments, never read by a shell, or a script that names its interpreter. */
export type Program =
  | { readonly command: readonly string[]; readonly script: null }
  | { readonly command: null; readonly script: string };

// Tab and line ends have their place in arguments and scripts; the other control characters only in attacks on logs.
// A lone surrogate cannot be handed to a program at all.
const FORBIDDEN = /(?![\t\n\r])[\p{Cc}\p{Cs}]/u;

/** Takes exactly one of command and script. Refusal: INVALID_INPUT at the path of the value. */
export function parseProgram(input: {
  readonly command?: readonly string[] | null | undefined;
  readonly script?: string | null | undefined;
}): Result<Program, InvalidInput> {
  const command = input.command ?? null;
  const script = input.script ?? null;
  if (command !== null && script !== null) {
    return err(invalidInput(['script'], 'Give either a command or a script, not both.'));
  }
  if (command !== null) return parseCommand(command);
  if (script !== null) return parseScript(script);
  return err(invalidInput(['command'], 'Give a command or a script.'));
}

function parseCommand(command: readonly string[]): Result<Program, InvalidInput> {
  const path = ['command'];
  if (command.length === 0 || command[0]?.trim() === '')
    return err(invalidInput(path, 'The command must name a program.'));
  if (command.length > computeLimits.commandArgumentsMax) {
    return err(invalidInput(path, `A command has at most ${computeLimits.commandArgumentsMax} arguments.`));
  }
  const bytes = command.reduce((sum, argument) => sum + Buffer.byteLength(argument) + 1, 0);
  if (bytes > computeLimits.commandBytesMax) {
    return err(
      invalidInput(path, `The command has ${bytes} bytes; at most ${computeLimits.commandBytesMax} are allowed.`),
    );
  }
  const bad = command.findIndex((argument) => FORBIDDEN.test(argument));
  if (bad >= 0) return err(invalidInput([...path, String(bad)], 'The argument has control characters.'));
  return ok({ command: [...command], script: null });
}

function parseScript(script: string): Result<Program, InvalidInput> {
  const path = ['script'];
  if (!/^#! *\/[^\s]/.test(script)) {
    return err(invalidInput(path, 'A script begins with #! and the absolute path of its interpreter.'));
  }
  const bytes = Buffer.byteLength(script);
  if (bytes > computeLimits.scriptBytesMax) {
    return err(
      invalidInput(path, `The script has ${bytes} bytes; at most ${computeLimits.scriptBytesMax} are allowed.`),
    );
  }
  if (FORBIDDEN.test(script)) return err(invalidInput(path, 'The script has control characters.'));
  return ok({ command: null, script });
}
