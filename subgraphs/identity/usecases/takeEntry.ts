import { parseLine } from '../../../platform/kernel/text.js';
import { type DirectoryEntry, hasName, rolesOfEntry } from '../domain/directory.js';
import { parseEmail } from '../domain/email.js';
import type { FeedChange } from '../domain/feed.js';
import { foldUsername, type User } from '../domain/user.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import type { DirectoryUse } from './ports/directory.js';
import type { Credentials, Ports, Stores } from './ports.js';
import { syncMemberships } from './syncMemberships.js';

/** Who the audit says did what the directory's word did. */
const DIRECTORY = 'directory';

/**
 * Takes over what the directory says of a person who has just proven their password there: an account at the first
 * log-in, the profile, and the memberships of mapped groups. An account that the directory had closed opens again; one
 * that an operator closed does not. Null where there can be no account: the name is another person's (a local one is
 * never merged with an entry, nor is one entry with another that has its name later), or nobody new comes in.
 */
export async function takeEntry(
  ports: Ports,
  call: Call,
  parts: { readonly username: string; readonly entry: DirectoryEntry; readonly use: DirectoryUse },
): Promise<Credentials | null> {
  const { entry } = parts;
  const now = ports.clock.now();
  const taken = await ports.database.transaction(async (stores) => {
    const user =
      (await stores.users.findByDirectoryId(entry.id)) ?? (await provision(ports, stores, { ...parts, call, now }));
    if (user === null) return null;
    const rows = await renewPerson(stores, { user, call, now, ...parts });
    await stores.feed.append(rows, now);
    return { changed: rows.length > 0 };
  });
  if (taken?.changed) await ports.feedNews();
  return taken === null ? null : ports.database.users.credentialsOfDirectory(entry.id);
}

async function provision(
  ports: Ports,
  stores: Stores,
  parts: Parameters<typeof takeEntry>[2] & { readonly call: Call; readonly now: Date },
): Promise<User | null> {
  const { username, entry, use, call, now } = parts;
  if (!use.provisions || !hasName(entry, username)) return null;
  await stores.users.eraseUnfinished(username, now);
  const user: User = {
    id: ports.newId('user'),
    username,
    ...profileOf(entry, username),
    status: use.factorRequired ? 'PENDING' : 'ACTIVE',
    operator: false,
    createdAt: now,
    directoryId: entry.id,
    disabledBy: null,
  };
  if (!(await stores.users.insert({ ...user, passwordHash: null, totpSecret: null }))) {
    // Of two first log-ins at the same time the other was quicker; or the name is another's.
    const rival = await stores.users.findByDirectoryId(entry.id);
    if (rival === null) await audit(stores, call, 'provisionUser', null, 'USERNAME_TAKEN');
    return rival;
  }
  await audit(stores, call, 'provisionUser', user.id, 'OK');
  return user;
}

/** Renews a known person from their entry; the feed's rows are to be appended last. */
export async function renewPerson(
  stores: Stores,
  parts: {
    readonly user: User;
    readonly entry: DirectoryEntry;
    readonly use: DirectoryUse;
    readonly call: Call;
    readonly now: Date;
  },
): Promise<readonly FeedChange[]> {
  const { user, entry, use, call, now } = parts;
  if (user.disabledBy === 'OPERATOR') return [];
  const username = await nameOf(stores, user, entry);
  await stores.users.setProfile(user.id, { username, ...profileOf(entry, username) });
  const rows: FeedChange[] = [];
  if (user.disabledBy === 'DIRECTORY') {
    await stores.users.enable(user.id);
    await audit(stores, call, 'enableUser', user.id, 'OK');
    rows.push({ kind: 'USER', subject: user.id, state: 'ACTIVE', data: { operator: false } });
  }
  const roles = rolesOfEntry(entry, use.groups);
  return [...rows, ...(await syncMemberships(stores, { userId: user.id, roles, call, now }))];
}

/** The name that the person goes by: the one they have while the entry has it; else its first that is free. */
async function nameOf(stores: Stores, user: User, entry: DirectoryEntry): Promise<string> {
  const known = user.username ?? '';
  if (hasName(entry, known)) return known;
  for (const name of entry.names.map((each) => foldUsername(each))) {
    if (name !== null && (await stores.users.findByUsername(name)) === null) return name;
  }
  return known;
}

function profileOf(entry: DirectoryEntry, username: string): Pick<User, 'displayName' | 'email'> {
  const displayName = parseLine(entry.displayName ?? '', []);
  const email = parseEmail(entry.email ?? '');
  return { displayName: displayName.ok ? displayName.value : username, email: email.ok ? email.value : null };
}

const audit = (stores: Stores, call: Call, action: string, target: string | null, outcome: string): Promise<void> =>
  stores.audit.write(auditEntry(call, { action, target, outcome, actor: DIRECTORY }));
