import { type ServiceName, type SubgraphName, subgraphNames } from '../../../platform/kernel/services.js';
import { number, type Setting, text } from '../setting.js';

/** What every subgraph can be told: where it listens, where it is found, its databases and its keys. */
export function commonSettings(service: SubgraphName): readonly Setting[] {
  const variable = (suffix: string): string => `${service.toUpperCase()}_${suffix}`;
  const isFirst = service === subgraphNames[0];
  return [
    {
      key: `${service}.port`,
      variable: variable('PORT'),
      form: number,
      about: 'The port it listens on; 0 takes any free one.',
      otherwise: '0',
    },
    {
      key: `${service}.url`,
      variable: variable('URL'),
      form: text,
      about: 'Where the others find it when they do not share its data folder; several replicas with commas.',
      otherwise: 'what it says in the data folder',
      example: `https://${service}.example.org`,
    },
    {
      key: `${service}.databaseUrl`,
      variable: variable('DATABASE_URL'),
      form: text,
      about: `Its database as the serving role sees it. ${
        isFirst ? 'acct:provider.profile#key names a credential instead (docs/acct.md). ' : ''
      }Together with migrationUrl.`,
      otherwise: 'the embedded database',
      example: `postgresql://${service}_app:PASSWORD@db.example.org/tollgate_${service}`,
      isSecret: true,
    },
    {
      key: `${service}.migrationUrl`,
      variable: variable('MIGRATION_URL'),
      form: text,
      about: 'The same database as its owner sees it, for migrations at the start.',
      otherwise: 'the embedded database',
      example: `postgresql://${service}_owner:PASSWORD@db.example.org/tollgate_${service}`,
      isSecret: true,
    },
    {
      key: `${service}.keyFile`,
      variable: variable('KEY_FILE'),
      form: text,
      about: 'The file with its private key (JWK), with which it signs calls; one that is named must be there.',
      otherwise: `keys/${service} below the data folder, made on first use`,
      example: `/etc/tollgate/${service}.jwk`,
    },
    {
      key: `${service}.publicKeyFile`,
      variable: variable('PUBLIC_KEY_FILE'),
      form: text,
      about: 'The file with its public key (JWK), for services that do not share its data folder.',
      otherwise: `keys/${service} below the data folder`,
      example: `/etc/tollgate/${service}.public.jwk`,
    },
    ...certificateSettings(service),
  ];
}

/** The certificate of a service, subgraph or gateway. */
export function certificateSettings(service: ServiceName): readonly Setting[] {
  const upper = service.toUpperCase();
  return [
    {
      key: `${service}.certificateFile`,
      variable: `${upper}_CERTIFICATE_FILE`,
      form: text,
      about: `Its certificate for TLS (PEM), with ${service}.tollgate.internal among the names. Together with certificateKeyFile.`,
      otherwise: `tls/${service}.pem below the data folder, where "tollgate init" has put it; none: plain HTTP on loopback`,
      example: `/etc/tollgate/tls/${service}.pem`,
    },
    {
      key: `${service}.certificateKeyFile`,
      variable: `${upper}_CERTIFICATE_KEY_FILE`,
      form: text,
      about: "The certificate's private key (PEM).",
      otherwise: `tls/${service}.key.pem below the data folder`,
      example: `/etc/tollgate/tls/${service}.key.pem`,
    },
  ];
}
