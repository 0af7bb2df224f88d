import { randomBytes } from 'node:crypto';
import {
  AndFilter,
  type Client,
  type Entry,
  EqualityFilter,
  type Filter,
  FilterParser,
  OrFilter,
  PresenceFilter,
  ResultCodeError,
} from 'ldapts';
import type { DirectoryConfig } from '../../directoryConfig.js';
import { type DirectoryEntry, escapeRdnValue } from '../../domain/directory.js';
import { identityLimits } from '../../domain/limits.js';
import { type Directory, DirectoryUnavailable } from '../../usecases/ports/directory.js';
import { conversations } from './conversation.js';
import { idOf, textOf, valuesOf } from './entryValues.js';

// Result codes of RFC 4511, appendix A.
const NO_SUCH_OBJECT = 32;
/** Answers to a bind that mean: not this password. The person may also be locked, or must change it first. */
const WRONG_PASSWORD = new Set([10, 19, NO_SUCH_OBJECT, 34, 48, 49, 50, 53]);

/** A way to prove a password. `sending` tells whether one is on its way, for when no answer comes. */
type Way = (
  client: Client,
  name: string,
  password: string,
  sending: { begun: boolean },
) => Promise<DirectoryEntry | null>;

/**
 * A directory over LDAP v3. Values get into a filter as values, not as text (RFC 4511 encodes them by length), and into
 * a DN escaped. Referrals and aliases are not followed.
 */
export function ldapDirectory(config: DirectoryConfig): Directory {
  const converse = conversations(config);
  const userFilter = FilterParser.parseString(config.userFilter);
  const attributes = [config.loginAttribute, config.idAttribute, 'displayName', 'cn', 'mail'];

  const bindReader = async (client: Client): Promise<void> => {
    if (config.reader !== null) await client.bind(config.reader.dn, config.reader.password);
  };

  const search = async (client: Client, filter: Filter, base = config.baseDn): Promise<Entry | null> => {
    const { searchEntries } = await client.search(base, {
      scope: base === config.baseDn ? 'sub' : 'base',
      filter: new AndFilter({ filters: [filter, userFilter] }),
      // Two are enough to see that a name is not one person's.
      sizeLimit: 2,
      timeLimit: identityLimits.directoryOperationMs / 1000,
      attributes,
      explicitBufferAttributes: [config.idAttribute],
    });
    return searchEntries.length === 1 ? (searchEntries[0] ?? null) : null;
  };

  /** That nobody was found means something only to who can see where people are: servers hide what may not be read. */
  const requireSight = async (client: Client): Promise<void> => {
    const { searchEntries } = await client.search(config.baseDn, {
      scope: 'base',
      filter: new PresenceFilter({ attribute: 'objectClass' }),
      sizeLimit: 1,
      timeLimit: identityLimits.directoryOperationMs / 1000,
      attributes: ['1.1'],
    });
    if (searchEntries.length === 0) throw new DirectoryUnavailable('the base DN cannot be read');
  };

  const isMemberOf = async (client: Client, groupDn: string, entry: Entry): Promise<boolean> => {
    const names = valuesOf(entry, config.loginAttribute);
    const filters = [
      new EqualityFilter({ attribute: 'member', value: entry.dn }),
      new EqualityFilter({ attribute: 'uniqueMember', value: entry.dn }),
      ...names.map((value) => new EqualityFilter({ attribute: 'memberUid', value })),
    ];
    try {
      const { searchEntries } = await client.search(groupDn, {
        scope: 'base',
        filter: new OrFilter({ filters }),
        sizeLimit: 1,
        timeLimit: identityLimits.directoryOperationMs / 1000,
        attributes: ['1.1'],
      });
      return searchEntries.length > 0;
    } catch (error) {
      // A group that is gone has no members.
      if (error instanceof ResultCodeError && error.code === NO_SUCH_OBJECT) return false;
      throw error;
    }
  };

  const describe = async (client: Client, entry: Entry): Promise<DirectoryEntry> => {
    const id = idOf(entry, config.idAttribute);
    // Without it, a name that is given to somebody else later would be taken for the same person.
    if (id === null) throw new DirectoryUnavailable(`an entry has no ${config.idAttribute}`);
    const groups: string[] = [];
    for (const { dn } of config.groups) {
      if (!groups.includes(dn) && (await isMemberOf(client, dn, entry))) groups.push(dn);
    }
    return {
      id,
      names: valuesOf(entry, config.loginAttribute),
      displayName: textOf(entry, 'displayName') ?? textOf(entry, 'cn'),
      email: textOf(entry, 'mail'),
      groups,
    };
  };

  const byName = (name: string): Filter => new EqualityFilter({ attribute: config.loginAttribute, value: name });

  /** What `describe` makes of the entries of these ids, by id. */
  const findEach = <Value>(
    ids: readonly string[],
    describe: (client: Client, entry: Entry) => Promise<Value> | Value,
  ): Promise<ReadonlyMap<string, Value>> =>
    converse(async (client) => {
      await bindReader(client);
      const found = new Map<string, Value>();
      for (const id of ids) {
        const value = Buffer.from(id, 'base64url');
        const entry = await search(client, new EqualityFilter({ attribute: config.idAttribute, value }));
        if (entry !== null) found.set(id, await describe(client, entry));
      }
      if (found.size < ids.length) await requireSight(client);
      return found;
    });

  /** Searched by the reader, then bound: the usual way, for trees in which people stand at several places. */
  const searchThenBind: Way = async (client, name, password, sending) => {
    await bindReader(client);
    const entry = await search(client, byName(name));
    const dn = entry?.dn ?? null;
    if (!(await bindAs(client, { dn, password, sending }, config)) || entry === null) return null;
    await bindReader(client);
    return describe(client, entry);
  };

  /** Bound at once by a DN that is made of the name, and read by the person: where there is no reader. */
  const bindThenRead: Way = async (client, name, password, sending) => {
    const dn = `${config.rdnAttribute}=${escapeRdnValue(name)},${config.baseDn}`;
    if (!(await bindAs(client, { dn, password, sending }, config))) return null;
    const entry = await search(client, byName(name), dn);
    return entry === null ? null : describe(client, entry);
  };

  return {
    async authenticate(name, password) {
      const sending = { begun: false };
      const way = config.reader === null ? bindThenRead : searchThenBind;
      try {
        return await converse((client) => way(client, name ?? nobody(), name === null ? '' : password, sending));
      } catch (error) {
        if (error instanceof DirectoryUnavailable) error.passwordWasSent = sending.begun;
        throw error;
      }
    },

    find: (ids) => findEach(ids, describe),

    findThere: async (ids) => new Set((await findEach(ids, () => true)).keys()),

    hasName: (name) =>
      converse(async (client) => {
        await bindReader(client);
        return (await search(client, byName(name))) !== null;
      }),
  };
}

const nobody = (): string => `nobody-${randomBytes(8).toString('hex')}`;

/**
 * Whether the password is the entry's. An empty one would be an unauthenticated bind, which servers may let succeed (RFC
 * 4513, section 5.1.2): it is never sent. Where there is nothing to try, nobody's password is tried for the same work.
 */
async function bindAs(
  client: Client,
  {
    dn,
    password,
    sending,
  }: { readonly dn: string | null; readonly password: string; readonly sending: { begun: boolean } },
  { rdnAttribute, baseDn }: DirectoryConfig,
): Promise<boolean> {
  const isTried = dn !== null && password !== '';
  sending.begun = isTried;
  const decoy = `${rdnAttribute}=${nobody()},${baseDn}`;
  try {
    await client.bind(isTried ? dn : decoy, isTried ? password : randomBytes(16).toString('hex'));
    return isTried;
  } catch (error) {
    if (error instanceof ResultCodeError && WRONG_PASSWORD.has(error.code)) return false;
    throw error;
  }
}
