import pino, { type DestinationStream, type Logger as PinoLogger } from 'pino';

/** A structured logger. */
export type Logger = PinoLogger;

/** Keys whose values never reach a log, wherever they stand. */
const SECRET_KEYS = [
  'password',
  'newPassword',
  'secret',
  'clientSecret',
  'accessToken',
  'refreshToken',
  'enrolmentToken',
  'deviceToken',
  'deviceCode',
  'userCode',
  'recoveryCodes',
  'token',
  'authorization',
  'mandate',
  'ownerUrl',
  'appUrl',
] as const;

/** Where this process logs; loggers that were made before a change keep what they had. */
let destination: DestinationStream = pino.destination({ fd: 2, sync: true });

/** Has the loggers that are made from now on write elsewhere: for a log file, before anything starts. */
export function logTo(stream: DestinationStream): void {
  destination = stream;
}

/** Writes a line that a process of ours has logged for this one to take over. */
export function logLine(line: string): void {
  destination.write(`${line}\n`);
}

/** A logger that writes JSON lines, to standard error unless logTo said otherwise, without secrets. @param level pino's names, or silent */
export const makeLogger = (service: string, level: string): Logger =>
  pino(
    {
      level,
      base: { service },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: {
        // An error's code is no secret; a one-time code is one, and arrives as an input.
        paths: [...SECRET_KEYS.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]), 'input.code', '*.input.code'],
        censor: '[secret]',
      },
    },
    destination,
  );
