import type { Intruders } from './tenantWorld.js';

/** Who tries: nobody, those in the tenant's world, and a service that has no right of its own. */
export type Trier = 'nobody' | keyof Intruders | 'wrongService';

/** Somebody may do what others may not. */
interface Opening {
  readonly to: readonly Trier[];
  readonly why: string;
  /** They are called all the same, and told no more than these fields. */
  readonly shows?: readonly string[];
  /** They are called all the same, and refused with one of these. */
  readonly refusals?: readonly string[];
}

const people: readonly Trier[] = ['stranger', 'member', 'narrowedOperator', 'narrowedOwner'];
const signedIn: readonly Trier[] = [...people, 'program'];
const whole: readonly Trier[] = ['stranger', 'member'];
const everybody: readonly Trier[] = ['nobody', ...signedIn, 'wrongService'];

/** A credential is the right; a wrong one is refused in the payload. */
const byCredential = (refusal: string, to: readonly Trier[] = everybody): Opening => ({
  to,
  refusals: [refusal],
  why: 'the credential is the right, and this one is wrong',
});
const names: Opening = {
  to: signedIn,
  shows: ['username', 'displayName'],
  why: 'an exact look-up tells names to whoever is signed in',
};

/**
 * What is open to some of those who try, by root field, or by entity with its type's name. Everything else is refused to all
 * of them, with nothing told and nothing changed.
 */
export const openByDesign: Readonly<Record<string, Opening | readonly Opening[]>> = {
  // What everybody who is signed in sees.
  cluster: { to: signedIn, why: 'where jobs can run is no secret' },
  clusters: { to: signedIn, why: 'where jobs can run is no secret' },
  Cluster: { to: signedIn, why: 'where jobs can run is no secret' },
  offer: { to: signedIn, why: 'offers are for everybody, or for the groups that they name' },
  offers: { to: signedIn, why: 'offers are for everybody, or for the groups that they name' },
  Offer: { to: signedIn, why: 'offers are for everybody, or for the groups that they name' },
  rateCard: { to: signedIn, why: 'prices are no secret' },
  user: names,
  User: names,
  charges: { to: people, shows: ['from'], why: 'a report of nothing still says which time it is of' },
  usageTotals: { to: signedIn, shows: ['from'], why: 'a report of nothing still says which time it is of' },
  // What is one's own, whoever one is.
  viewer: { to: everybody, why: 'it tells who asks about themselves, and nobody of nobody' },
  group: { to: ['member'], why: 'members see their group' },
  Group: [
    { to: ['member'], why: 'members see their group' },
    {
      to: ['stranger', 'narrowedOperator', 'program'],
      shows: ['name', 'status'],
      why: 'whoever meets a group, as the provider of an offer, is told its name',
    },
  ],
  leaveGroup: { to: ['member'], why: 'whoever is in may leave' },
  createGroup: { to: whole, why: 'whoever makes a group is its ADMIN; nothing of others is named' },
  quoteAccess: { to: whole, why: 'a price is quoted to whoever asks; nothing of others is named' },
  revokeOtherSessions: { to: whole, why: 'nothing of others is named' },
  logOut: { to: ['narrowedOwner'], why: 'ending what is one’s own gives nobody a right' },
  revokeSession: { to: ['narrowedOwner'], why: 'ending what is one’s own gives nobody a right' },
  createDownload: { to: ['narrowedOwner'], why: 'the session was narrowed to this' },
  // What comes before a right.
  registerUser: { to: everybody, why: 'registration is open' },
  startDeviceLogin: { to: everybody, why: 'a device that begins has no right yet' },
  deviceLogin: { to: people, why: 'who has the code of a device decides about it' },
  approveDeviceLogin: { to: people, why: 'who has the code of a device lets it in as themselves' },
  denyDeviceLogin: { to: people, why: 'who has the code of a device decides about it' },
  logIn: byCredential('INVALID_CREDENTIALS'),
  confirmTotp: byCredential('ENROLMENT_EXPIRED'),
  refreshSession: byCredential('INVALID_REFRESH_TOKEN'),
  pollDeviceLogin: byCredential('EXPIRED_TOKEN'),
  issueServiceToken: byCredential('INVALID_CREDENTIALS'),
  exchangePersonalAccessKey: byCredential('INVALID_ACCESS_KEY'),
  changePassword: byCredential('INVALID_CREDENTIALS', people),
  replaceTotp: byCredential('INVALID_CREDENTIALS', people),
  regenerateRecoveryCodes: byCredential('INVALID_CREDENTIALS', people),
  createPersonalAccessKey: byCredential('INVALID_CREDENTIALS', people),
  exchangeToken: {
    to: [...signedIn, 'wrongService'],
    refusals: ['INVALID_SUBJECT_TOKEN', 'AUDIENCE_NOT_ALLOWED'],
    why: 'the token to exchange is the right; what a service may ask for is a table',
  },
  // What names a thing of others and is worth nothing.
  issueMandate: { to: whole, why: 'identity knows no accounts: accounting takes no hold by a mandate of a stranger’s' },
  issueInvoice: { to: ['stranger'], why: 'whoever is to be paid may ask for money; to pay is the payer’s decision' },
  submitJob: { to: whole, refusals: ['GRANT_NOT_USABLE'], why: 'as for a grant that does not exist' },
  signJobInputs: { to: ['wrongService'], why: 'it is for compute, the service that tries here' },
  unpinJobInputs: { to: ['wrongService'], why: 'it is for compute, the service that tries here' },
};

/** What is open of a target to a trier, or null. */
export const openingOf = (target: string, trier: Trier): Opening | null =>
  [openByDesign[target] ?? []].flat().find(({ to }) => to.includes(trier)) ?? null;
