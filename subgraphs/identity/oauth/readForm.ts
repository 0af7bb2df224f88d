import { invalidRequest } from './oauthError.js';

/** The parameters of a request to the token endpoint; those without a value are left out (RFC 6749 section 3.2). */
export type Form = ReadonlyMap<string, string>;

/**
 * Reads a body of application/x-www-form-urlencoded.
 * @throws OAuthError invalid_request where a parameter comes twice, or is no text
 */
export function readForm(body: Buffer): Form {
  const form = new Map<string, string>();
  const seen = new Set<string>();
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (seen.has(name)) throw invalidRequest('A parameter is given more than once.');
    // What was no UTF-8 is this character now; a NUL no database can keep.
    if (/[\0\ufffd]/.test(value)) throw invalidRequest('A parameter is not well-formed text.');
    seen.add(name);
    if (value !== '') form.set(name, value);
  }
  return form;
}

/** A parameter that must be there. @throws OAuthError invalid_request */
export function required(form: Form, name: string): string {
  const value = form.get(name);
  if (value === undefined) throw invalidRequest(`The parameter ${name} is missing.`);
  return value;
}

/** The wanted scopes, undefined where nobody says; RFC 6749 section 3.3. What is no scope at all is refused as one that nobody has. */
export const scopesOf = (form: Form): readonly string[] | undefined => form.get('scope')?.split(' ').filter(Boolean);
