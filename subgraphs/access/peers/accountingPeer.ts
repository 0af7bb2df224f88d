import { z } from 'zod';
import { Fault } from '../../../platform/kernel/faults.js';
import { formatMicros } from '../../../platform/kernel/money.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { AccountingPeer } from '../usecases/ports/peers.js';
import { callPeer, nothing, type PeerMutation } from './callPeer.js';
import { toMoneyInput } from './moneyInput.js';
import { fundsRefusalFields, readMicros, refusalFields } from './peerRefusal.js';

const thing = z.object({ id: z.string() });

const openEscrow: PeerMutation<{ escrowAccountId: string; holdId: string; payerGroupId: string | null }> = {
  document: `mutation OpenEscrow($input: OpenEscrowInput!) {
    openEscrow(input: $input) { account { id } hold { id debit { owner { ... on Group { id } } } } ${fundsRefusalFields} }
  }`,
  payload: z
    // Of a person's account nothing is asked of the owner, so that the id is a group's or absent.
    .object({
      account: thing,
      hold: thing.extend({ debit: z.object({ owner: z.object({ id: z.string().optional() }).nullish() }).nullish() }),
    })
    .transform(({ account, hold }) => ({
      escrowAccountId: account.id,
      holdId: hold.id,
      payerGroupId: hold.debit?.owner?.id ?? null,
    })),
};

const extendEscrow: PeerMutation<{ holdId: string | null }> = {
  document: `mutation ExtendEscrow($input: ExtendEscrowInput!) {
    extendEscrow(input: $input) { hold { id } ${fundsRefusalFields} }
  }`,
  payload: z.object({ hold: thing.nullable() }).transform(({ hold }) => ({ holdId: hold?.id ?? null })),
};

const issuePrepayment: PeerMutation<{ invoiceId: string }> = {
  document: `mutation IssuePrepayment($input: IssuePrepaymentInput!) {
    issuePrepayment(input: $input) { invoice { id } ${refusalFields} }
  }`,
  payload: z.object({ invoice: thing }).transform(({ invoice }) => ({ invoiceId: invoice.id })),
};

const amount = z.object({ amount: z.string() }).transform((money) => readMicros(money.amount));

const closeEscrow: PeerMutation<{ refundTransferId: string | null; refundedMicros: bigint }> = {
  document: `mutation CloseEscrow($input: CloseEscrowInput!) {
    closeEscrow(input: $input) { refund { id amount { amount } } ${refusalFields} }
  }`,
  payload: z.object({ refund: thing.extend({ amount }).nullable() }).transform(({ refund }) => ({
    refundTransferId: refund?.id ?? null,
    refundedMicros: refund?.amount ?? 0n,
  })),
};

const findEscrows = `query Escrows($of: [_Any!]!) {
  _entities(representations: $of) { ... on Account { balance { posted { amount } held { amount } } } }
}`;
const foundEscrows = z.object({
  _entities: z.array(z.object({ balance: z.object({ posted: amount, held: amount }) })),
});

/** A mutation that sets a state, of which nothing is learnt but that it did. */
const setting = (field: string, input: string): PeerMutation<null> => ({
  document: `mutation Set($input: ${input}!) { ${field}(input: $input) { ${refusalFields} } }`,
  payload: nothing,
});
const captureHold = setting('captureHold', 'CaptureHoldInput');
const voidPrepayment = setting('voidPrepayment', 'VoidPrepaymentInput');
const releaseHold = setting('releaseHold', 'ReleaseHoldInput');
const abandonEscrow = setting('abandonEscrow', 'AbandonEscrowInput');
const abandonExtension = setting('abandonExtension', 'AbandonExtensionInput');

const findAccount = `query Account($id: ID!) {
  account(id: $id) { id kind unit status balance { available { amount } } owner { ... on Group { id } ... on User { id } }
    budgets { id name enforcement member { id } startsAt endsAt remaining { amount } } }
}`;
const foundAccount = z.object({
  account: z.object({
    id: z.string(),
    kind: z.string(),
    unit: z.string(),
    status: z.string(),
    balance: z.object({ available: amount }),
    owner: thing.nullable(),
    budgets: z.array(
      z
        .object({
          id: z.string(),
          name: z.string(),
          enforcement: z.string(),
          member: thing.nullable(),
          startsAt: z.coerce.date(),
          endsAt: z.coerce.date(),
          remaining: amount,
        })
        .transform(({ id, name, enforcement, member, remaining, ...period }) => ({
          ...period,
          name: `${name} (${id})`,
          memberId: member?.id ?? null,
          isHard: enforcement === 'HARD',
          remainingMicros: remaining,
        })),
    ),
  }),
});

/** Accounting over its subgraph. */
export const accountingPeer = (peer: PeerCall): AccountingPeer => ({
  async findEscrows(ids, { requestId, clientIp, userAgent, deadlineAt }) {
    const of = ids.map((id) => ({ __typename: 'Account', id }));
    const data = await peer(findEscrows, { of }, { requestId, clientIp, userAgent, deadlineAt });
    return foundEscrows
      .parse(data)
      ._entities.map(({ balance }) => ({ postedMicros: balance.posted, heldMicros: balance.held }));
  },
  async findAccount(id, { token, requestId, clientIp, userAgent, deadlineAt }) {
    try {
      const data = await peer(findAccount, { id }, { token, requestId, clientIp, userAgent, deadlineAt });
      const { owner, balance, ...account } = foundAccount.parse(data).account;
      return { ...account, ownerId: owner?.id ?? null, availableMicros: balance.available };
    } catch (error) {
      if (error instanceof Fault && error.code === 'NOT_FOUND') return null;
      throw error;
    }
  },
  openEscrow({ amount, ...wish }, call) {
    const input = { ...wish, idempotencyKey: call.key, amount: toMoneyInput(amount) };
    return callPeer(peer, openEscrow, input, call, call.token);
  },
  issuePrepayment({ holdId, lines }, call) {
    const input = {
      idempotencyKey: call.key,
      holdId,
      lines: lines.map(({ description, quantityMicros, unitPrice, amount }) => ({
        description,
        quantity: formatMicros(quantityMicros),
        unitPrice: toMoneyInput(unitPrice),
        amount: toMoneyInput(amount),
      })),
    };
    return callPeer(peer, issuePrepayment, input, call);
  },
  voidPrepayment: (holdId, call) => callPeer(peer, voidPrepayment, { idempotencyKey: call.key, holdId }, call),
  captureHold({ holdId, amount }, call) {
    const input = { idempotencyKey: call.key, holdId, amount: toMoneyInput(amount), final: true };
    return callPeer(peer, captureHold, input, call);
  },
  releaseHold: (holdId, call) => callPeer(peer, releaseHold, { idempotencyKey: call.key, holdId }, call),
  closeEscrow({ escrowAccountId, earnedSoFar }, call) {
    const input = { idempotencyKey: call.key, accountId: escrowAccountId, earnedSoFar: toMoneyInput(earnedSoFar) };
    return callPeer(peer, closeEscrow, input, call);
  },
  extendEscrow({ extensionId, grantId, payerAccountId, price, endsAt }, call) {
    const reserved =
      price === null ? {} : { amount: toMoneyInput(price.amount), holdExpiresInSeconds: price.holdExpiresInSeconds };
    const input = { idempotencyKey: call.key, extensionId, grantId, payerAccountId, endsAt, ...reserved };
    return callPeer(peer, extendEscrow, input, call, call.token);
  },
  abandonExtension: ({ extensionId, grantId }, call) =>
    callPeer(peer, abandonExtension, { idempotencyKey: call.key, extensionId, grantId }, call),
  abandonEscrow: (grantId, call) => callPeer(peer, abandonEscrow, { idempotencyKey: call.key, grantId }, call),
});
