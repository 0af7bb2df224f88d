import { list, number, onOff, type SettingSection, text } from '../setting.js';
import { certificateSettings } from './services.js';

/** Where Tollgate lives and listens. */
export const general: SettingSection = {
  name: 'general',
  about: 'Where data is kept and where the services listen.',
  settings: [
    {
      key: 'general.home',
      variable: 'TOLLGATE_HOME',
      form: text,
      about: 'The data folder. Only in a file that is named with --config; the file in the data folder cannot say it.',
      otherwise: 'the state folder of the system for root, else ~/.tollgate',
      example: '/srv/tollgate',
    },
    {
      key: 'general.host',
      variable: 'TOLLGATE_HOST',
      form: text,
      about: 'The address that all services listen on. Beyond loopback each needs a certificate (docs/operations.md).',
      otherwise: '127.0.0.1',
    },
    {
      key: 'general.drainSeconds',
      variable: 'TOLLGATE_DRAIN_SECONDS',
      form: number,
      about:
        'How long a process that is to end goes on serving while it says that it goes: 0 to 30; at least 5 where others take over.',
      otherwise: '0',
    },
    {
      key: 'general.trustedProxies',
      variable: 'TOLLGATE_TRUSTED_PROXIES',
      form: list,
      about: 'Addresses and networks of the proxies whose X-Forwarded-For is believed.',
      otherwise: '[]',
      example: '[10.0.0.0/8, "::1"]',
    },
    {
      key: 'general.corsOrigins',
      variable: 'TOLLGATE_CORS_ORIGINS',
      form: list,
      about: 'Origins whose pages may use the gateway, and the addresses for files and streams, from a browser (CORS).',
      otherwise: '[]',
      example: '["https://console.example.org"]',
    },
    {
      key: 'general.caFile',
      variable: 'TOLLGATE_CA_FILE',
      form: text,
      about: "Certificates (PEM) of the private authorities that sign the services' own.",
      otherwise: 'tls/ca.pem below the data folder, where "tollgate init" has put it',
      example: '/etc/tollgate/tls/ca.pem',
    },
  ],
};

/** What the gateway serves. */
export const gateway: SettingSection = {
  name: 'gateway',
  about: 'The one address that clients use.',
  settings: [
    {
      key: 'gateway.port',
      variable: 'TOLLGATE_PORT',
      form: number,
      about: 'The port of the gateway; 0 takes any free one.',
      otherwise: '4000',
    },
    {
      key: 'gateway.url',
      variable: 'TOLLGATE_URL',
      form: text,
      about: 'Where the controller and commands find the gateway when they do not share its data folder.',
      otherwise: 'what it says in the data folder',
      example: 'https://tollgate.example.org',
    },
    {
      key: 'gateway.ui',
      variable: 'TOLLGATE_UI',
      form: onOff,
      about: 'Whether GraphiQL is served at /graphiql.',
      otherwise: 'true',
    },
    {
      key: 'gateway.introspection',
      variable: 'TOLLGATE_INTROSPECTION',
      form: onOff,
      about: 'Whether clients may ask for the schema.',
      otherwise: 'true',
    },
    {
      key: 'gateway.keyFile',
      variable: 'GATEWAY_KEY_FILE',
      form: text,
      about: "The file with the gateway's private key (JWK); one that is named must be there.",
      otherwise: 'keys/gateway below the data folder, made on first use',
      example: '/etc/tollgate/gateway.jwk',
    },
    {
      key: 'gateway.publicKeyFile',
      variable: 'GATEWAY_PUBLIC_KEY_FILE',
      form: text,
      about: "The file with the gateway's public key (JWK), for services that do not share its data folder.",
      otherwise: 'keys/gateway below the data folder',
      example: '/etc/tollgate/gateway.public.jwk',
    },
    ...certificateSettings('gateway'),
  ],
};
