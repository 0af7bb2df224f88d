import { refuseServices } from '../../../platform/auth/viewer.js';
import { badUserInput, notFound, unauthenticated } from '../../../platform/kernel/faults.js';
import { isId } from '../../../platform/kernel/ids.js';
import { foldUsername } from '../domain/user.js';
import type { ReadCall } from './call.js';
import { type UserView, viewUser } from './views.js';

/** One person, by id or by exact user name: exactly one of them. */
interface GetUserInput {
  readonly id?: string | null | undefined;
  readonly username?: string | null | undefined;
}

/**
 * Looks one person up. Faults: UNAUTHENTICATED (anonymous), BAD_USER_INPUT (none or both given), NOT_FOUND (also a
 * person who has not confirmed the factor yet, for others).
 */
export async function getUser({ viewer, loaders }: ReadCall, { id, username }: GetUserInput): Promise<UserView> {
  if (viewer.kind === 'anonymous') throw unauthenticated();
  refuseServices(viewer);
  if ((id == null) === (username == null)) throw badUserInput('Give exactly one of id and username.');
  const view =
    id == null ? await findUserByName({ viewer, loaders }, username ?? '') : await findUser({ viewer, loaders }, id);
  if (view === null) throw notFound('user');
  return view;
}

/** The person of an id as the viewer may see them, else null; for entities and members. */
export async function findUser({ viewer, loaders }: ReadCall, id: string): Promise<UserView | null> {
  const user = isId('user', id) ? await loaders.userById.load(id) : null;
  return user === null ? null : viewUser(viewer, user);
}

async function findUserByName({ viewer, loaders }: ReadCall, typed: string): Promise<UserView | null> {
  const username = foldUsername(typed);
  const user = username === null ? null : await loaders.userByUsername.load(username);
  return user === null ? null : viewUser(viewer, user);
}
