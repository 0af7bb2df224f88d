import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { GatewayConfig } from '../../../gateway/config.js';
import { startGateway } from '../../../gateway/main.js';
import { loadServiceKeys } from '../../../platform/auth/serviceKeys.js';
import { unavailable } from '../../../platform/kernel/faults.js';
import { startIdentityAndAccounting, type TwoServices } from '../../support/identityAndAccounting.js';

/** What a client got over HTTP. */
export interface PublicAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The whole answer, to be compared with another's. */
  readonly text: string;
  readonly data: Record<string, unknown> | null;
  /** The first error's code, or null. */
  readonly fault: string | null;
}

/** How a client calls. */
export interface PublicCall {
  readonly token?: string;
  readonly headers?: Record<string, string>;
}

/** The graph as clients have it: a real gateway before a real identity and accounting; the other three are away. */
export interface PublicGraph extends TwoServices {
  readonly url: string;
  ask(query: string, variables?: object, call?: PublicCall): Promise<PublicAnswer>;
  /** Runs a mutation; `OK`, or the code of its refusal or fault. */
  outcomeOf(name: string, input: object, call?: PublicCall): Promise<string>;
}

/** Starts it for a test. */
export async function startPublicGraph(config: Partial<GatewayConfig> = {}): Promise<PublicGraph> {
  const services = await startIdentityAndAccounting();
  const { identity, accounting } = services;
  const keys = await loadServiceKeys(identity.home, 'gateway');
  // One gateway calls both, so both are shown its key.
  await cp(join(identity.home, 'keys', 'gateway'), join(accounting.settings.home, 'keys', 'gateway'), {
    recursive: true,
  });
  const gateway = await startGateway(
    {
      service: 'gateway',
      home: identity.home,
      host: '127.0.0.1',
      variables: {},
      port: 0,
      issuer: identity.settings.issuer,
      database: { ownerUrl: '', appUrl: '' },
      async peerUrl(target) {
        if (target === 'identity') return identity.url;
        if (target === 'accounting') return accounting.url;
        throw unavailable(target);
      },
      keys,
    },
    { logLevel: 'silent', ui: false, ...config },
  );
  const ask: PublicGraph['ask'] = async (query, variables = {}, { token, headers = {} } = {}) => {
    const response = await fetch(`${gateway.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    const body = JSON.parse(text) as {
      data?: Record<string, unknown> | null;
      errors?: readonly { extensions: { code: string } }[];
    };
    const fault = body.errors?.[0]?.extensions.code ?? null;
    return { status: response.status, headers: response.headers, text, data: body.data ?? null, fault };
  };
  return {
    ...services,
    url: gateway.url,
    ask,
    async outcomeOf(name, input, call) {
      const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input!`;
      const document = `mutation ($input: ${type}) { ${name}(input: $input) { refusal { code } } }`;
      const { data, fault } = await ask(document, { input }, call);
      const payload = data?.[name] as { refusal: { code: string } | null } | null | undefined;
      return fault ?? payload?.refusal?.code ?? 'OK';
    },
    async stop() {
      await gateway.stop();
      await services.stop();
    },
  };
}
