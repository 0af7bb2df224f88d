import { formatMicros } from '../../../platform/kernel/money.js';
import { attempt, eventually, fault, query, succeed } from '../graph.js';
import { expected, type Stage } from '../stage.js';
import { offerOf } from './accessRequested.js';
import { micros, postedMicros } from './balances.js';

const TOO_MANY_CORE_HOURS = '100000';
const DAY_MS = 86_400_000;

/** More is asked for than there is money: refused with the exact shortfall, and nothing was changed. */
export async function tooLittleMoney(stage: Stage, accountId: string, token: string): Promise<void> {
  const offer = await offerOf(stage, 'COMPUTE', token);
  const before = { balance: await postedMicros(stage, accountId, token), requests: await requestIds(stage, token) };
  const { refusal } = await attempt(
    stage,
    'requestAccess',
    {
      idempotencyKey: `${stage.run}-too-much`,
      offerId: offer.id,
      quantity: TOO_MANY_CORE_HOURS,
      endsAt: new Date(Date.now() + DAY_MS).toISOString(),
      accountId,
      name: 'Too much',
    },
    'accessRequest { id }',
    token,
  );
  expected(refusal?.code === 'INSUFFICIENT_FUNDS', `Too little money was answered with ${refusal?.code}.`);
  expected(refusal.shortfall !== undefined, 'INSUFFICIENT_FUNDS names no shortfall.');
  const missing = micros(offer.price) * BigInt(TOO_MANY_CORE_HOURS) - before.balance;
  expected(micros(refusal.shortfall) === missing, `The shortfall is not ${formatMicros(missing)}.`);
  expected((await postedMicros(stage, accountId, token)) === before.balance, 'A refused request changed the balance.');
  expected((await requestIds(stage, token)) === before.requests, 'A refused request left a request behind.');
  stage.narrate(
    `Asked for ${TOO_MANY_CORE_HOURS} core-hours: INSUFFICIENT_FUNDS, ${refusal.shortfall.amount} CREDIT short, nothing changed.`,
  );
}

async function requestIds(stage: Stage, token: string): Promise<string> {
  const { accessRequests } = await query<{ accessRequests: { nodes: readonly { id: string }[] } }>(
    stage,
    '{ accessRequests(first: 100) { nodes { id } } }',
    {},
    token,
  );
  return accessRequests.nodes.map(({ id }) => id).join();
}

/** Another person's account answers as if it did not exist. */
export async function anothersAccountHidden(stage: Stage, anothersAccountId: string, token: string): Promise<void> {
  const document = 'query Account($id: ID!) { account(id: $id) { id balance { posted { amount } } } }';
  const hidden = await fault(stage, document, { id: anothersAccountId }, token);
  expected(hidden.extensions.code === 'NOT_FOUND', `Another's account was answered with ${hidden.extensions.code}.`);
  stage.narrate("Another person's account: NOT_FOUND.");
}

const REVOCATION_SECONDS = 3;

/** After log-out the token is dead everywhere: HTTP 401, never taken for an anonymous request. */
export async function tokenDiesWithSession(stage: Stage, token: string): Promise<void> {
  await succeed(stage, 'logOut', {}, 'session { id }', token);
  const documents = [
    '{ viewer { user { id } } }',
    '{ accessRequests { nodes { id } } }',
    '{ account(id: "acc_x") { id } }',
  ];
  for (const document of documents) {
    const dead = await eventually(REVOCATION_SECONDS, `A dead token still works for ${document}`, async () => {
      const answer = await stage.client.ask(document, {}, token);
      return answer.status === 401 ? answer : null;
    });
    const code = dead.errors[0]?.extensions.code;
    expected(code === 'UNAUTHENTICATED' && dead.data === null, `A dead token was answered with ${code}.`);
  }
  stage.narrate('Logged out: the token is dead in every service (UNAUTHENTICATED, HTTP 401).');
}
