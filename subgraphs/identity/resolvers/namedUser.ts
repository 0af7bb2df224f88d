import { notFound } from '../../../platform/kernel/faults.js';
import type { Context } from '../context.js';
import type { UserView } from '../usecases/views.js';

/** A person whom another thing names, as the viewer may see them. @throws Fault NOT_FOUND */
export async function namedUser(context: Context, id: string): Promise<UserView> {
  const user = await context.usecases.findUser(context, id);
  if (user === null) throw notFound('user');
  return user;
}
