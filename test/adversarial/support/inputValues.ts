import { randomUUID } from 'node:crypto';
import {
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
} from 'graphql';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Belongings } from './tenantWorld.js';

/** A field of an input, or an argument, as the generator meets it. */
interface Wanted {
  /** `InputType.field`, or `Query.field.argument`. */
  readonly place: string;
  readonly name: string;
  readonly type: GraphQLInputType;
}

type Value = string | number | boolean | object;

const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();

/** What an argument of a name is given where it is no thing of the owner's. */
const plain: Readonly<Record<string, () => Value>> = {
  idempotencyKey: () => randomUUID(),
  amount: () => '1',
  unit: () => wellKnown.unit,
  name: () => 'taken over',
  description: () => 'taken over',
  reason: () => 'taken over',
  resource: () => 'cpu',
  quantity: () => '1',
  startsAt: () => inDays(1),
  endsAt: () => inDays(20),
  expiresAt: () => inDays(1),
  expiresInSeconds: () => 600,
  holdExpiresInSeconds: () => 600,
  leaseSeconds: () => 60,
  wallTimeSeconds: () => 60,
  maximum: () => 1,
  fencingToken: () => 1,
  sequence: () => 1,
  size: () => '1',
  quota: () => '1',
  as: () => 'input.txt',
  text: () => 'taken over',
  at: () => inDays(0),
  from: () => inDays(-2),
  to: () => inDays(0),
  start: () => inDays(-0.2),
  end: () => inDays(-0.1),
  wait: () => false,
  operator: () => true,
  command: () => ['true'],
  scopes: () => ['storage:read'],
  audience: () => 'accounting',
  clientName: () => 'intruder',
  password: () => 'not the password',
  newPassword: () => 'another long password',
  code: () => '000000',
  clientSecret: () => 'not the secret',
  secret: () => 'tgp_not-the-secret',
  refreshToken: () => 'not-a-refresh-token',
  enrolmentToken: () => 'not-an-enrolment-token',
  deviceCode: () => 'not-a-device-code',
  subjectToken: () => 'not-a-token',
  email: () => 'intruder@example.org',
  displayName: () => 'Intruder',
  clusterId: () => wellKnown.clusterLocal,
  extensionId: () => newId('extension'),
  by: () => ['ACCOUNT'],
};

/** Which thing of the owner's an argument of a name, or at a place, is given. */
const things: Readonly<Record<string, keyof Belongings>> = {
  accessRequestId: 'accessRequestId',
  account: 'accountId',
  accountId: 'accountId',
  adjustmentId: 'adjustmentId',
  clientId: 'serviceAccountId',
  // Whoever takes money wants it on an account of their own.
  creditAccountId: 'strangerAccountId',
  debitAccountId: 'accountId',
  driveId: 'driveId',
  escrowId: 'escrowId',
  externalId: 'externalId',
  fileId: 'fileId',
  grantId: 'grantId',
  groupId: 'groupId',
  holderId: 'userId',
  holdId: 'holdId',
  invoiceId: 'invoiceId',
  jobId: 'jobId',
  lease: 'lease',
  mandateId: 'mandateId',
  offerId: 'offerId',
  ownerId: 'userId',
  path: 'path',
  payee: 'strangerAccountId',
  payeeAccountId: 'strangerAccountId',
  payer: 'accountId',
  payerAccountId: 'accountId',
  personalAccessKeyId: 'personalAccessKeyId',
  serviceAccountId: 'serviceAccountId',
  sessionId: 'sessionId',
  sha256: 'sha256',
  transferId: 'transferId',
  uploadId: 'uploadId',
  userCode: 'userCode',
  userId: 'userId',
  username: 'username',
  'ApproveGrantExtensionInput.extensionId': 'extensionId',
  'CloseEscrowInput.accountId': 'escrowId',
  'DenyGrantExtensionInput.extensionId': 'extensionId',
  'WithdrawGrantExtensionInput.extensionId': 'extensionId',
  'Query.accessRequest.id': 'accessRequestId',
  'Query.account.id': 'accountId',
  'Query.adjustment.id': 'adjustmentId',
  'Query.drive.id': 'driveId',
  'Query.grant.id': 'grantId',
  'Query.grantExtension.id': 'extensionId',
  'Query.group.id': 'groupId',
  'Query.hold.id': 'holdId',
  'Query.invoice.id': 'invoiceId',
  'Query.job.id': 'jobId',
  'Query.offer.id': 'offerId',
  'Query.quote.id': 'quoteId',
  'Query.transfer.id': 'transferId',
  'Query.user.id': 'userId',
  'RemoveGroupMemberInput.userId': 'memberId',
  'SetGroupRoleInput.userId': 'memberId',
  'SubmitJobInput.grantId': 'computeGrantId',
  'WithdrawInvitationInput.userId': 'invitedId',
};

/** Values that a place needs and its name does not tell. */
const special: Readonly<Record<string, () => Value>> = {
  'IssueMandateInput.maximum': () => ({ amount: '1', unit: wellKnown.unit }),
  'Query.cluster.id': () => wellKnown.clusterLocal,
  'Query.hasCluster.id': () => wellKnown.clusterLocal,
  'RegisterUserInput.username': () => `intruder-${randomUUID().slice(0, 8)}`,
  'RegisterUserInput.password': () => 'a long password of an intruder',
  'ExchangeTokenInput.scopes': () => ['accounting:spend'],
  'JobOutputInput.path': () => 'out',
  'UsageRecordInput.externalId': () => 'taken-over',
  'PublishRatesInput.rates': () => [
    { resource: 'cpu', per: 'CORE_HOUR', price: { amount: '1', unit: wellKnown.unit } },
  ],
};

/** Optional ones that are given, since a call without them is none, or since they name a thing of the owner's. */
const given = new Set([
  'AccountOwnerInput.userId',
  'ExplainAccessInput.offerId',
  'ExtendHoldInput.expiresInSeconds',
  'ExplainAccessInput.quantity',
  'ExplainAccessInput.endsAt',
  'InviteGroupMemberInput.userId',
  'LogOutInput.sessionId',
  'PlaceHoldInput.debitAccountId',
  'ProposeAdjustmentInput.creditAccountId',
  'PublishOfferInput.offerId',
  'Query.user.id',
  'RequestAccessInput.offerId',
  'RequestAccessInput.quantity',
  'RequestAccessInput.endsAt',
  'ReviseAccessRequestInput.quantity',
  'SubmitJobInput.command',
  'SubmitJobInput.grantId',
  'UsageRecordInput.account',
]);

/** Optional ids that are left out, with the reason. */
const leftOut: Readonly<Record<string, string>> = {
  'AccountOwnerInput.groupId': 'one owner is named; the person',
  'ChargeFilter.accountId': 'everything that is seen is asked for',
  'ChargeFilter.clusterId': 'everything that is seen is asked for',
  'ChargeFilter.grantId': 'everything that is seen is asked for',
  'ChargeFilter.groupId': 'everything that is seen is asked for',
  'ChargeFilter.offerId': 'everything that is seen is asked for',
  'ChargeFilter.providerId': 'everything that is seen is asked for',
  'ChargeFilter.userId': 'everything that is seen is asked for',
  'CreateDownloadInput.versionId': 'the current one is the owner’s as well',
  'CreateServiceAccountInput.clusterIds': 'scopes that are bound to none',
  'ExplainAccessInput.groupId': 'the account is what is foreign',
  'ExplainAccessInput.quoteId': 'the offer is named',
  'OpenEscrowInput.clusterId': 'reports alone name it',
  'OpenEscrowInput.offerId': 'reports alone name it',
  'PlaceHoldInput.mandate': 'the account is named',
  'PublishOfferInput.payeeAccountId': 'the offer has one',
  'PublishOfferInput.providerId': 'the offer has one',
  'PublishOfferInput.resourceId': 'the offer has one',
  'PublishOfferInput.visibleTo': 'everybody',
  'RequestAccessInput.groupId': 'the account is what is foreign',
  'RequestAccessInput.quoteId': 'the offer is named; quotes are asked for by Query.quote',
  'RevokeOtherSessionsInput.exceptSessionId': 'the own one is meant',
  'SetBudgetInput.memberId': 'the budget of the account',
  'SetMemberCapInput.memberId': 'the cap of everybody',
  'SubmitJobInput.accountId': 'the grant is named',
  'SubmitJobInput.dependsOn': 'no array of jobs',
  'UsageFilter.accountId': 'everything that is seen is asked for',
  'UsageFilter.clusterId': 'everything that is seen is asked for',
  'UsageFilter.groupId': 'everything that is seen is asked for',
  'UsageFilter.userId': 'everything that is seen is asked for',
  'UsageRecordInput.group': 'the account is named',
  'UsageRecordInput.user': 'the account is named',
};

/** An argument that nobody has said anything about. */
class UnknownArgument extends Error {
  override readonly name = 'UnknownArgument';
}

/**
 * The value of an argument, made from its type and name and the owner's things. Undefined where it is left out.
 * @throws UnknownArgument naming the argument that test/adversarial/support/inputValues.ts does not know
 */
export function inputValue(wanted: Wanted, belongings: Belongings): Value | undefined {
  const { place, name, type } = wanted;
  if (!isNonNullType(type) && !given.has(place)) return undefined;
  const made = special[place]?.();
  if (made !== undefined) return made;
  const bare = getNullableType(type);
  if (isListType(bare) && !(name in plain)) {
    const item = inputValue({ place, name, type: bare.ofType }, belongings);
    return item === undefined ? [] : [item];
  }
  if (isInputObjectType(bare)) {
    const fields = Object.values(bare.getFields()).map((field) => {
      const at = `${bare.name}.${field.name}`;
      return [field.name, inputValue({ place: at, name: field.name, type: field.type }, belongings)] as const;
    });
    return Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  }
  if (isEnumType(bare)) return bare.getValues()[0]?.name ?? '';
  const thing = things[place] ?? things[name];
  const value = thing === undefined ? plain[name]?.() : belongings[thing];
  if (value === undefined) throw new UnknownArgument(`${place} (${String(type)}) is not known: say what it is given.`);
  return value;
}

/** The optional ids of an argument that nobody has said anything about, by place. */
export function unsaidIds({ place, type }: Omit<Wanted, 'name'>): readonly string[] {
  const named = getNamedType(type);
  if (isInputObjectType(named)) {
    return Object.values(named.getFields()).flatMap((field) =>
      unsaidIds({ place: `${named.name}.${field.name}`, type: field.type }),
    );
  }
  const isSaid = isNonNullType(type) || given.has(place) || place in leftOut;
  return named.name === 'ID' && !isSaid ? [place] : [];
}
