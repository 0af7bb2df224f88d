import { AcctError } from '../../../acct/acctError.js';

/** What the call refuses with: `CODE: message`; an empty text when it does not. Anything but a refusal is thrown on. */
export async function codeOf(act: () => unknown): Promise<string> {
  try {
    await act();
    return '';
  } catch (error) {
    if (!(error instanceof AcctError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
