import { join } from 'node:path';
import type { Environment } from './environment.js';
import type { Installation, Startable } from './start.js';

/** What a person reads once everything is ready. */
export function welcome(
  { home }: Pick<Environment, 'home'>,
  services: readonly Startable[],
  { gatewayUrl, hasGraphiql }: Pick<Installation, 'gatewayUrl' | 'hasGraphiql'>,
): string {
  if (services.length > 0) return `Ready: ${services.join(', ')}.\n`;
  return `
Tollgate is ready.

  GraphQL     ${gatewayUrl}/graphql
  GraphiQL    ${hasGraphiql ? `${gatewayUrl}/graphiql` : 'off (gateway.ui, --ui)'}
  Data        ${home}
  Operator    ${join(home, 'operator.json')} (user name, password, TOTP secret)

Next: "npm run tour" in another terminal plays the whole story in a minute. By hand: ${
    hasGraphiql ? 'open GraphiQL and log in with' : 'log in (the mutation logIn) with'
  }
the operator's name and password and the code that "npx tollgate totp SECRET" prints.
`;
}
