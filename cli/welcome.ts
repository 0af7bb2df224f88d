import { join } from 'node:path';
import type { Environment } from './environment.js';
import type { Startable } from './start.js';

/** What a person reads once everything is ready. */
export function welcome(environment: Environment, services: readonly Startable[], gatewayUrl: string | null): string {
  if (services.length > 0) return `Ready: ${services.join(', ')}.\n`;
  return `
Tollgate is ready.

  GraphQL     ${gatewayUrl}/graphql
  GraphiQL    ${gatewayUrl}/graphiql
  Data        ${environment.home}
  Operator    ${join(environment.home, 'operator.json')} (user name, password, TOTP secret)

Next: "npm run tour" in another terminal plays the whole story in a minute. By hand: open GraphiQL and log in with
the operator's name and password and the code that "npx tollgate totp SECRET" prints.
`;
}
