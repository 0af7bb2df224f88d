import { TypeID, typeid } from 'typeid-js';

/** The prefixes of all ids, by what they name (contract.md, grammar rule 5). */
export const idPrefixes = {
  user: 'usr',
  group: 'grp',
  serviceAccount: 'svc',
  session: 'ses',
  deviceLogin: 'dlg',
  personalAccessKey: 'pak',
  mandate: 'mnd',
  audit: 'aud',
  account: 'acc',
  transfer: 'trf',
  hold: 'hld',
  invoice: 'inv',
  receipt: 'rcp',
  rateCard: 'rat',
  budget: 'bud',
  adjustment: 'adj',
  offer: 'ofr',
  quote: 'quo',
  request: 'req',
  grant: 'grt',
  extension: 'ext',
  drive: 'drv',
  file: 'fil',
  version: 'ver',
  upload: 'upl',
  cluster: 'clu',
  job: 'job',
  allocation: 'alc',
} as const;

/** What an id can name. */
export type IdKind = keyof typeof idPrefixes;

/** A port that makes ids; tests give their own. */
export type NewId = (kind: IdKind) => string;

/** Makes a fresh id, `<prefix>_<26 characters>`: a UUIDv7, so that ids grow with time (TypeID 0.3). */
export const newId: NewId = (kind) => typeid(idPrefixes[kind]).toString();

/** Whether a text is an id of this kind. One of another kind or form names nothing: the caller answers NOT_FOUND. */
export function isId(kind: IdKind, text: string): boolean {
  try {
    return TypeID.fromString(text, idPrefixes[kind]).toString() === text;
  } catch {
    return false;
  }
}
