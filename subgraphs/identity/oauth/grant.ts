import type { Trust } from '../../../platform/auth/trust.js';
import type { UseCases } from '../subgraph.js';
import type { Call } from '../usecases/call.js';
import type { Client } from './readClient.js';
import type { Form } from './readForm.js';

/** What a grant is asked with. */
export interface GrantRequest {
  readonly form: Form;
  readonly client: Client;
  /** The call as a use case takes it: of nobody yet. */
  readonly call: Call;
}

/** What a grant works with. */
export interface GrantTools {
  readonly usecases: UseCases;
  readonly trust: Trust;
}

/** A token as a grant gives it; the endpoint writes it in the standard form. */
export interface GrantedToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly scopes: readonly string[];
  readonly refreshToken?: string;
  /** RFC 8693: what kind of token it is. */
  readonly issuedTokenType?: string;
}

/** One way to get a token. @throws OAuthError, Fault */
export type Grant = (request: GrantRequest, tools: GrantTools) => Promise<GrantedToken>;
