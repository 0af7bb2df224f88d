/** How messages name a database and who asks for it; nothing of it is a secret. */
export interface DatabasePlace {
  /** host:port. */
  readonly place: string;
  readonly database: string;
  readonly role: string;
}

/** @param url postgresql://role:password@host:port/database */
export function databasePlace(url: string): DatabasePlace {
  const { hostname, port, pathname, username } = new URL(url);
  return {
    place: `${hostname}:${port === '' ? '5432' : port}`,
    database: decodeURIComponent(pathname.slice(1)),
    role: decodeURIComponent(username),
  };
}
