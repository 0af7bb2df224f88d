import { totpCode } from '../subgraphs/identity/adapters/totp.js';

/**
 * The code that an authenticator with this secret shows now.
 * @param secret base32, in any case, blanks and padding allowed
 * @throws Error in one sentence where it is no secret
 */
export async function currentTotp(secret: string, at: Date = new Date()): Promise<string> {
  const folded = secret.toUpperCase().replace(/[\s=]/g, '');
  try {
    return await totpCode(folded, at);
  } catch {
    throw new Error('This is not a secret: give 16 to 102 letters of A-Z and 2-7, as in operator.json.');
  }
}
