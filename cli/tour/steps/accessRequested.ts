import { attempt, eventually, type Money, query, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import { micros, postedMicros } from './balances.js';

/** What to ask for. */
interface AccessWish {
  readonly kind: 'STORAGE' | 'COMPUTE';
  /** GiB, or core-hours. */
  readonly quantity: string;
  readonly days: number;
  readonly name: string;
  readonly accountId: string;
}

/** What came of it. */
export interface Granted {
  readonly requestId: string;
  readonly grantId: string;
  readonly escrowId: string;
  readonly driveId: string | null;
  readonly clusterId: string | null;
  readonly invoiceId: string;
  readonly paidMicros: bigint;
}

interface RequestView {
  readonly id: string;
  readonly status: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly hold: { readonly status: string; readonly captured: Money } | null;
  readonly invoice: {
    readonly id: string;
    readonly number: string;
    readonly status: string;
    readonly total: Money;
    readonly receipts: readonly { readonly number: string; readonly proof: string }[];
  } | null;
  readonly grant: {
    readonly id: string;
    readonly status: string;
    readonly escrow: { readonly id: string; readonly balance: { readonly posted: Money } };
    readonly drive: {
      readonly id: string;
      readonly name: string;
      readonly quota: string;
      readonly status: string;
    } | null;
    readonly cluster: { readonly id: string; readonly name: string } | null;
  } | null;
  readonly timeline: { readonly nodes: readonly { readonly step: string; readonly result: string }[] };
}

const CHAIN_SECONDS = 30;
const REQUEST = `query Request($id: ID!) { accessRequest(id: $id) {
  id status failure { code message }
  hold { status captured { amount unit } }
  invoice { id number status total { amount unit } receipts { number proof } }
  grant { id status escrow { id balance { posted { amount unit } } } drive { id name quota status } cluster { id name } }
  timeline(first: 100) { nodes { step result } }
} }`;

/**
 * Access is requested: price, hold, provisioning, invoice, receipt and activation in one call. The same call again
 * gives the same request and charges once; the same key for something else is refused.
 */
export async function accessRequested(stage: Stage, wish: AccessWish, token: string): Promise<Granted> {
  const offer = await offerOf(stage, wish.kind, token);
  const input = {
    idempotencyKey: `${stage.run}-${wish.kind}`,
    offerId: offer.id,
    quantity: wish.quantity,
    endsAt: new Date(Date.now() + wish.days * 86_400_000).toISOString(),
    accountId: wish.accountId,
    name: wish.name,
  };
  const before = await postedMicros(stage, wish.accountId, token);
  const first = await succeed<{ accessRequest: { id: string } }>(
    stage,
    'requestAccess',
    input,
    'accessRequest { id status }',
    token,
  );
  const view = await settled(stage, first.accessRequest.id, token);
  const granted = checkChain(view, wish);
  tell(stage, wish, view);

  const again = await succeed<{ accessRequest: { id: string } }>(
    stage,
    'requestAccess',
    input,
    'accessRequest { id }',
    token,
  );
  expected(again.accessRequest.id === view.id, 'The same request with the same key became a second one.');
  const other = await attempt(
    stage,
    'requestAccess',
    { ...input, name: `${wish.name} 2` },
    'accessRequest { id }',
    token,
  );
  expected(other.refusal?.code === 'IDEMPOTENCY_KEY_REUSED', 'A key was accepted for another request.');
  const after = await postedMicros(stage, wish.accountId, token);
  expected(before - after === granted.paidMicros, 'The account was not charged exactly once.');
  stage.narrate(
    'The same call again gave the same request and charged once; the key for another: IDEMPOTENCY_KEY_REUSED.',
  );
  return granted;
}

/** The first offer of a kind. */
export async function offerOf(
  stage: Stage,
  kind: AccessWish['kind'],
  token: string,
): Promise<{ readonly id: string; readonly price: Money }> {
  const { offers } = await query<{ offers: { nodes: readonly { id: string; price: Money }[] } }>(
    stage,
    'query Offers($kind: OfferKind) { offers(kind: $kind) { nodes { id price { amount unit } } } }',
    { kind },
    token,
  );
  const [offer] = offers.nodes;
  expected(offer !== undefined, `There is no offer of kind ${kind}.`);
  return offer;
}

async function settled(stage: Stage, id: string, token: string): Promise<RequestView> {
  return eventually(CHAIN_SECONDS, `The request ${id} did not end within ${CHAIN_SECONDS} s.`, async () => {
    const { accessRequest } = await query<{ accessRequest: RequestView }>(stage, REQUEST, { id }, token);
    return ['ACTIVE', 'FAILED'].includes(accessRequest.status) ? accessRequest : null;
  });
}

function checkChain(view: RequestView, wish: AccessWish): Granted {
  expected(
    view.status === 'ACTIVE',
    `The request ended ${view.status}: ${view.failure?.code} ${view.failure?.message}`,
  );
  const { hold, invoice, grant } = view;
  expected(hold?.status === 'CAPTURED', `The hold is ${hold?.status}, not CAPTURED.`);
  expected(invoice?.status === 'PAID', `The invoice is ${invoice?.status}, not PAID.`);
  expected(invoice.receipts.length === 1, `The invoice has ${invoice.receipts.length} receipts, not one.`);
  expected(grant?.status === 'ACTIVE', `The grant is ${grant?.status}, not ACTIVE.`);
  const paidMicros = micros(invoice.total);
  expected(micros(hold.captured) === paidMicros, 'The hold was not captured for what the invoice says.');
  expected(micros(grant.escrow.balance.posted) === paidMicros, 'The escrow does not hold what was paid.');
  const made = wish.kind === 'STORAGE' ? grant.drive : grant.cluster;
  expected(made !== null, `The grant gives no ${wish.kind === 'STORAGE' ? 'drive' : 'cluster'}.`);
  return {
    requestId: view.id,
    grantId: grant.id,
    escrowId: grant.escrow.id,
    driveId: grant.drive?.id ?? null,
    clusterId: grant.cluster?.id ?? null,
    invoiceId: invoice.id,
    paidMicros,
  };
}

function tell(stage: Stage, wish: AccessWish, { invoice, grant, timeline }: RequestView): void {
  const what = wish.kind === 'STORAGE' ? `${wish.quantity} GiB` : `${wish.quantity} core-hour(s)`;
  stage.narrate(
    `Requested ${what} for ${wish.days} days: ACTIVE. ${invoice?.total.amount} CREDIT moved into the escrow ${grant?.escrow.id}, invoice ${invoice?.number} is PAID, receipt ${invoice?.receipts[0]?.number} proves it.`,
  );
  stage.narrate(`Its trail: ${timeline.nodes.map(({ step }) => step).join(' > ')}.`);
}
