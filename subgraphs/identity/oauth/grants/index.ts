import type { Grant } from '../grant.js';
import { clientCredentials } from './clientCredentials.js';
import { deviceCode } from './deviceCode.js';
import { refreshToken } from './refreshToken.js';
import { tokenExchange } from './tokenExchange.js';

/** The grants of the token endpoint by their `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map([
  ['client_credentials', clientCredentials],
  ['refresh_token', refreshToken],
  ['urn:ietf:params:oauth:grant-type:device_code', deviceCode],
  ['urn:ietf:params:oauth:grant-type:token-exchange', tokenExchange],
]);
