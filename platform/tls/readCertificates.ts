import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** Turns the path of a file in a setting into the certificates (PEM) that the file holds. */
export function readCertificates(path: string, context: z.RefinementCtx): string {
  try {
    const text = readFileSync(path, 'utf8');
    if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  } catch {
    // Said by whoever reads the setting, with its name.
  }
  context.addIssue({ code: 'custom' });
  return z.NEVER;
}
