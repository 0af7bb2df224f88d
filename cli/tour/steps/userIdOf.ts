import { query } from '../graph.js';
import type { Stage } from '../stage.js';

/** The id of the person a token belongs to. */
export async function userIdOf(stage: Stage, token: string): Promise<string> {
  const { viewer } = await query<{ viewer: { user: { id: string } } }>(stage, '{ viewer { user { id } } }', {}, token);
  return viewer.user.id;
}
