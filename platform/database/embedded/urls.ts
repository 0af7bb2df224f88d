import { DatabaseStartError } from '../databaseStartError.js';
import type { DatabaseFile } from './databaseFile.js';

/** How a service reaches its database: the owner migrates, the app role serves. */
export interface ServiceUrls {
  readonly ownerUrl: string;
  readonly appUrl: string;
}

/** The role that root's place in the cluster is named for. */
export const superuser = 'postgres';

/** The name of a service's database. */
export function databaseOf(service: string): string {
  return `tollgate_${service}`;
}

/** The name of the role that migrates a service's database. */
export function ownerOf(service: string): string {
  return `${service}_owner`;
}

/** The name of the role that a service serves with. */
export function appRoleOf(service: string): string {
  return `${service}_app`;
}

/** @throws DatabaseStartError for a service that the server was not started for */
export function serviceUrls(file: DatabaseFile, port: number, service: string): ServiceUrls {
  const passwords = file.services[service];
  if (passwords === undefined) {
    throw new DatabaseStartError(`The embedded database has none for "${service}"; start it with that service.`);
  }
  const database = databaseOf(service);
  return {
    ownerUrl: databaseUrl({ port, role: ownerOf(service), password: passwords.ownerPassword, database }),
    appUrl: databaseUrl({ port, role: appRoleOf(service), password: passwords.appPassword, database }),
  };
}

/** The address of the superuser, for making databases and for tests. */
export function superuserUrl(password: string, port: number): string {
  return databaseUrl({ port, role: superuser, password, database: 'postgres' });
}

/** Names and passwords are ours and need no escaping. */
function databaseUrl(parts: { port: number; role: string; password: string; database: string }): string {
  return `postgresql://${parts.role}:${parts.password}@127.0.0.1:${parts.port}/${parts.database}`;
}
