import type { SubgraphName } from '../../../platform/kernel/services.js';
import { openingOf, type Trier } from './openByDesign.js';
import type { Belongings, TenantWorld } from './tenantWorld.js';
import type { GraphText } from './wholeGraph.js';

/** One try at what is somebody else's. */
export interface Try {
  /** A root field, or an entity's type. */
  readonly target: string;
  readonly kind: 'query' | 'mutation' | 'entity';
  readonly trier: Trier;
}

/** The service that tries at each one in its own name: one that may call it, where there is one without the right. */
export const wrongServiceAt: Readonly<Record<SubgraphName, SubgraphName>> = {
  identity: 'storage',
  accounting: 'storage',
  storage: 'compute',
  compute: 'storage',
  access: 'storage',
};

const REFUSED = new Set(['UNAUTHENTICATED', 'FORBIDDEN', 'NOT_FOUND', 'ASSERTION_INVALID']);

/** Whether a try is made at all: what is open, and what is the trier's own to read, is not tried. */
export function isTried({ target, kind, trier }: Try): boolean {
  // Reading what is one's own needs no scope; what a narrowed session may change is the question.
  if (trier === 'narrowedOwner' && kind !== 'mutation') return false;
  const opening = openingOf(target, trier);
  return opening === null || opening.shows !== undefined || opening.refusals !== undefined;
}

/** What a trier names: a member tries at the group's things where something is to be changed. */
export function namedBy({ kind, trier }: Try, { own, group, narrowed }: TenantWorld): Belongings {
  if (trier === 'member' && kind === 'mutation') return { ...own, ...group };
  return trier === 'narrowedOwner' ? { ...own, ...narrowed } : own;
}

/** What is wrong with an answer: an empty text where it refuses as it must, and tells nothing. */
export function faultOf(one: Try, answer: GraphText, variables: object, { own, marker }: TenantWorld): string {
  const opening = openingOf(one.target, one.trier);
  const sent = JSON.stringify(variables);
  const leaked = [marker, ...Object.values(own)].filter(
    (value) => answer.text.includes(value) && !sent.includes(value),
  );
  const shows = opening?.shows ?? [];
  const told = toldIn(answer.data).filter((path) => !shows.includes(path.split('.').at(-1) ?? ''));
  const unknown = answer.codes.filter((code) => !REFUSED.has(code));
  if (unknown.length > 0) return `answers ${unknown.join()}: ${answer.text.slice(0, 500)}`;
  if (opening?.refusals !== undefined) {
    const isRefused = opening.refusals.some((refusal) => answer.text.includes(`"code":"${refusal}"`));
    return isRefused ? '' : `is not refused with ${opening.refusals.join(' or ')}`;
  }
  if (leaked.length > 0 && shows.length === 0) return `tells ${leaked.join()}`;
  if (told.length > 0) return `tells ${told.join()}`;
  if (answer.codes.length === 0 && one.kind === 'mutation') return 'is not refused';
  // Of an entity that nobody asks for, other subgraphs than its own may know no more than its id.
  const mustLogIn = one.trier === 'nobody' && one.kind !== 'entity';
  return mustLogIn && answer.codes.some((code) => code !== 'UNAUTHENTICATED') ? `answers nobody ${answer.codes}` : '';
}

/** The paths of all values that say something: ids are the caller's own words, and of an empty page there is nothing. */
export function toldIn(value: unknown, path = ''): readonly string[] {
  if (value === null || value === false || value === '' || value === 0 || value === '0') return [];
  if (Array.isArray(value)) return value.flatMap((item, index) => toldIn(item, `${path}.${index}`));
  if (typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([name, field]) =>
    name === '__typename' || name === 'id' ? [] : toldIn(field, `${path}.${name}`),
  );
}
