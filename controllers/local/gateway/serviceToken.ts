import { z } from 'zod';
import { readCredentials } from './readCredentials.js';

/** Renewed this long before the end, so that no call carries a token that dies on its way. */
const RENEW_BEFORE_MS = 60_000;

const issued = z.object({
  issueServiceToken: z.object({
    accessToken: z.string().nullable(),
    expiresAt: z.string().nullable(),
    refusal: z.object({ code: z.string(), message: z.string() }).nullable(),
  }),
});

const DOCUMENT = `mutation IssueServiceToken($input: IssueServiceTokenInput!) {
  issueServiceToken(input: $input) { accessToken expiresAt refusal { code message } }
}`;

/** The access token of a service account. */
interface ServiceToken {
  /** A token that lives; a fresh one where there is none. */
  current(): Promise<string>;
  /** Forgets it: Tollgate did not take it any more. */
  drop(): void;
}

/**
 * Keeps a token for the credentials in a file, which is read anew for each token.
 * @param send runs an operation without a token
 */
export function serviceToken(
  credentialsFile: string,
  send: (document: string, variables: Readonly<Record<string, unknown>>) => Promise<unknown>,
): ServiceToken {
  let token: { readonly text: string; readonly endsAt: number } | null = null;
  let issuing: Promise<string> | null = null;

  const issue = async (): Promise<string> => {
    const { clientId, clientSecret } = await readCredentials(credentialsFile);
    const { issueServiceToken: answer } = issued.parse(await send(DOCUMENT, { input: { clientId, clientSecret } }));
    if (answer.accessToken === null || answer.expiresAt === null) {
      throw new Error(`Tollgate gives no token: ${answer.refusal?.message ?? 'no reason given'}`);
    }
    token = { text: answer.accessToken, endsAt: Date.parse(answer.expiresAt) };
    return token.text;
  };

  return {
    async current() {
      if (token !== null && token.endsAt - Date.now() > RENEW_BEFORE_MS) return token.text;
      issuing ??= issue().finally(() => {
        issuing = null;
      });
      return issuing;
    },
    drop() {
      token = null;
    },
  };
}
