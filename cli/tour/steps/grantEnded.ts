import { type Money, query, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import type { Granted } from './accessRequested.js';
import { micros, postedMicros } from './balances.js';

interface Ended {
  readonly grant: { readonly status: string };
  readonly refund: { readonly id: string; readonly amount: Money; readonly kind: string } | null;
}

/** A grant is ended: what is left comes back to the account, with a credit note. @returns what came back */
export async function grantEnded(stage: Stage, granted: Granted, accountId: string, token: string): Promise<bigint> {
  const before = await postedMicros(stage, accountId, token);
  const { grant, refund } = await succeed<Ended>(
    stage,
    'endGrant',
    { idempotencyKey: `${stage.run}-end-${granted.grantId}`, grantId: granted.grantId },
    'grant { status } refund { id kind amount { amount unit } }',
    token,
  );
  expected(grant.status === 'ENDED', `The grant is ${grant.status}, not ENDED.`);
  expected(refund !== null, 'Nothing came back.');
  const returned = micros(refund.amount);
  const after = await postedMicros(stage, accountId, token);
  expected(after - before === returned, 'The account did not receive what the refund says.');
  expected((await postedMicros(stage, granted.escrowId, token)) === 0n, 'The escrow is not empty.');
  const number = await creditNoteOver(stage, granted.invoiceId, returned, token);
  stage.narrate(`Ended a grant: ${refund.amount.amount} CREDIT came back, credit note ${number}.`);
  return returned;
}

async function creditNoteOver(stage: Stage, invoiceId: string, returned: bigint, token: string): Promise<string> {
  const { invoice } = await query<{
    invoice: { credits: readonly { number: string; kind: string; total: Money }[] };
  }>(
    stage,
    'query Credits($id: ID!) { invoice(id: $id) { credits { number kind total { amount unit } } } }',
    { id: invoiceId },
    token,
  );
  const [note] = invoice.credits;
  expected(note?.kind === 'CREDIT_NOTE', 'The invoice has no credit note.');
  expected(micros(note.total) === returned, 'The credit note is over another amount than came back.');
  return note.number;
}
