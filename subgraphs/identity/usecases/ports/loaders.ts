import type { Group, GroupMember, GroupRole } from '../../domain/group.js';
import type { GroupInvitation } from '../../domain/invitation.js';
import type { PersonalAccessKey } from '../../domain/personalAccessKey.js';
import type { ServiceAccount, ServiceAccountSecret } from '../../domain/serviceAccount.js';
import type { Session } from '../../domain/session.js';
import type { SigningKey } from '../../domain/signingKey.js';
import type { User } from '../../domain/user.js';

/** Loads by key, batched within one request. */
export interface Load<Key, Value> {
  load(key: Key): Promise<Value>;
}

/** A page of something's list: the rows after a keyset position. */
export interface PageKey {
  /** Whose list. */
  readonly of: string;
  /** The position to go on after; null from the beginning. */
  readonly after: string | null;
  /** How many rows at most. */
  readonly rows: number;
}

/** What queries read with; made anew for each request. */
export interface Loaders {
  readonly userById: Load<string, User | null>;
  readonly userByUsername: Load<string, User | null>;
  readonly groupById: Load<string, Group | null>;
  readonly serviceAccountById: Load<string, ServiceAccount | null>;
  /** The live secrets of a service account, the newest first. */
  readonly secretsOfServiceAccount: Load<string, readonly ServiceAccountSecret[]>;
  /** All service accounts, by id. */
  serviceAccounts(page: Omit<PageKey, 'of'>): Promise<readonly ServiceAccount[]>;
  /** All signing keys, the newest first. */
  signingKeys(page: {
    readonly after: Pick<SigningKey, 'createdAt' | 'kid'> | null;
    readonly rows: number;
  }): Promise<readonly SigningKey[]>;
  readonly sessionById: Load<string, Session | null>;
  /** A person's role in a group; null for who does not belong to it. */
  readonly roleInGroup: Load<{ readonly groupId: string; readonly userId: string }, GroupRole | null>;
  /** The groups of a person, by id. */
  readonly groupsOfUser: Load<PageKey, readonly Group[]>;
  /** The invitations of a person that count still, by the group's id. */
  readonly invitationsOfUser: Load<PageKey, readonly GroupInvitation[]>;
  /** The invitations of a group that count still, by the person's id. */
  readonly invitationsOfGroup: Load<PageKey, readonly GroupInvitation[]>;
  /** The members of a group, by the person's id. */
  readonly membersOfGroup: Load<PageKey, readonly GroupMember[]>;
  /** The personal access keys of a person, the newest first. */
  readonly accessKeysOfUser: Load<PageKey, readonly PersonalAccessKey[]>;
  /** The live sessions of a person, the newest first. */
  readonly liveSessionsOfUser: Load<PageKey, readonly Session[]>;
}
