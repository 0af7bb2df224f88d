import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { query, succeed } from '../../../cli/tour/graph.js';
import type { Stage } from '../../../cli/tour/stage.js';
import { accessRequested } from '../../../cli/tour/steps/accessRequested.js';
import { fileUploaded } from '../../../cli/tour/steps/fileUploaded.js';
import { grantEnded } from '../../../cli/tour/steps/grantEnded.js';

/** What clients do meanwhile, each again and again. */
export interface Traffic {
  /** How often each was done. */
  readonly done: ReadonlyMap<string, number>;
  /** What did not go as expected, with its error. */
  readonly failures: readonly string[];
  /** Lets each finish what it does at the moment. */
  stop(): Promise<void>;
}

/** Who makes the traffic. */
export interface Customer {
  readonly token: string;
  readonly refreshToken: string;
  /** Each chain has an account of its own, since it looks at what it was charged. */
  readonly chainAccountIds: readonly string[];
  readonly paymentAccountIds: readonly [string, string];
}

/** So much is let pass between two calls, so that the machine is busy and not drowned. */
const PAUSE_MS = 100;

/**
 * Begins to do everything that the journey does, side by side.
 * @param stage for what changes something; every call is made once, unless its client does otherwise
 * @param asking for questions, each asked once
 * @param sessions whether a session is refreshed, too
 */
export function startTraffic(
  { stage, asking, sessions }: { readonly stage: Stage; readonly asking: Stage; readonly sessions: boolean },
  customer: Customer,
): Traffic {
  const done = new Map<string, number>();
  const failures: string[] = [];
  let stopping = false;

  const again = async (name: string, act: (run: string) => Promise<void>): Promise<void> => {
    while (!stopping) {
      try {
        await act(randomUUID());
        done.set(name, (done.get(name) ?? 0) + 1);
      } catch (error) {
        failures.push(`${new Date().toISOString()} ${name}: ${describe(error)}`);
      }
      await pause(PAUSE_MS);
    }
  };

  const { token, paymentAccountIds } = customer;
  let { refreshToken } = customer;
  const running = [
    ...customer.chainAccountIds.map((accountId) => again('chain', (run) => chain({ ...stage, run }, accountId, token))),
    again('payment', (run) => payment({ ...stage, run }, paymentAccountIds, token)),
    again('reservation', (run) => reservation({ ...stage, run }, paymentAccountIds, token)),
    again('question', () => question(asking, paymentAccountIds[0], token)),
    again('question', () => question(asking, paymentAccountIds[1], token)),
    ...(sessions
      ? [
          again('refresh', async () => {
            // A lost answer would end the session: the token before is then used a second time.
            refreshToken = await refresh(stage, refreshToken);
          }),
        ]
      : []),
  ];
  return {
    done,
    failures,
    async stop() {
      stopping = true;
      await Promise.all(running);
    },
  };
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}

/** A drive is requested and paid, a file goes up and comes back, the rest of the money returns; and cores likewise. */
async function chain(stage: Stage, accountId: string, token: string): Promise<void> {
  const wish = { accountId, quantity: '1', days: 30, name: stage.run };
  const storage = await accessRequested(stage, { ...wish, kind: 'STORAGE' }, token);
  await fileUploaded(stage, String(storage.driveId), token);
  await grantEnded(stage, storage, accountId, token);
  const compute = await accessRequested(stage, { ...wish, kind: 'COMPUTE' }, token);
  await grantEnded(stage, compute, accountId, token);
}

async function payment(stage: Stage, [one, other]: readonly [string, string], token: string): Promise<void> {
  for (const [debitAccountId, creditAccountId] of [
    [one, other],
    [other, one],
  ]) {
    const input = {
      idempotencyKey: `${stage.run}-${debitAccountId}`,
      debitAccountId,
      creditAccountId,
      amount: { amount: '0.5', unit: 'CREDIT' },
      description: 'There and back',
    };
    await succeed(stage, 'transfer', input, 'transfer { id sequence }', token);
  }
}

async function reservation(stage: Stage, [one, other]: readonly [string, string], token: string): Promise<void> {
  const input = {
    idempotencyKey: `${stage.run}-hold`,
    debitAccountId: one,
    creditAccountId: other,
    amount: { amount: '1', unit: 'CREDIT' },
    reason: 'Perhaps',
  };
  const { hold } = await succeed<{ hold: { id: string } }>(stage, 'placeHold', input, 'hold { id }', token);
  const release = { idempotencyKey: `${stage.run}-release`, holdId: hold.id };
  await succeed(stage, 'releaseHold', release, 'hold { status }', token);
}

/** One query over all five services. */
const QUESTION = `query Question($id: ID!) {
  viewer { user { id username accounts(first: 5) { nodes { id } } drives(first: 5) { nodes { id } } } }
  account(id: $id) { balance { available { amount } } entries(first: 5) { nodes { amount { amount } } } }
  offers(first: 5) { nodes { id name } }
  accessRequests(first: 5) { nodes { id status grant { id cluster { name } drive { quota } } } }
}`;

async function question(stage: Stage, id: string, token: string): Promise<void> {
  await query(stage, QUESTION, { id }, token);
}

async function refresh(stage: Stage, refreshToken: string): Promise<string> {
  const next = await succeed<{ accessToken: string; refreshToken: string }>(
    stage,
    'refreshSession',
    { refreshToken },
    'accessToken refreshToken',
    null,
  );
  await query(stage, '{ viewer { session { id } } }', {}, next.accessToken);
  return next.refreshToken;
}
