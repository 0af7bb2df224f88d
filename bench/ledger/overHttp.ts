import { randomUUID } from 'node:crypto';
import { median } from '../harness.js';
import { drive, type Rate } from './drive.js';
import { type Ask, type HttpStand, startHttpStand } from './httpStand.js';
import { limitRate, prepareLimit } from './limit.js';

const ROUNDS = 5;
const SECONDS = 3;
const LIMIT_SECONDS = 2;
/** The services hold most of the server's hundred connections. */
const LIMIT_CLIENTS = [8, 16];
const ACCOUNTS = 100;
const ITEMS = 100;
const TRANSFER = `mutation Move($input: TransferInput!) {
  transfer(input: $input) { transfer { id } refusal { code } } }`;
const BATCH = `mutation Move($input: TransferBatchInput!) {
  transferBatch(input: $input) { results { transfer { id } refusal { code } } refusal { code } } }`;

/** B2 as clients see it: transfers through the gateway and at accounting's own port, one by one and 100 per request. */
export async function overHttp(print: (line: string) => void): Promise<void> {
  print(`B2 over HTTP: transfers over ${ACCOUNTS} accounts, against the one-shot function under pgbench`);
  const stand = await startHttpStand();
  try {
    const accounts = await fund(stand);
    await prepareLimit(stand.ownerUrl, ACCOUNTS);
    const paths = { 'through the gateway': stand.viaGateway, "at accounting's port": stand.atAccounting };
    for (const [path, ask] of Object.entries(paths)) {
      const single = { name: 'one by one', callers: 64, items: 1, call: () => one(ask, accounts) };
      const batched = { name: `${ITEMS} per request`, callers: 4, items: ITEMS, call: () => many(ask, accounts) };
      for (const load of [single, batched]) await compare(stand, `${path}, ${load.name}`, load, print);
    }
  } finally {
    await stand.stop();
  }
}

interface Load {
  readonly callers: number;
  readonly items: number;
  readonly call: () => Promise<void>;
}

async function compare(stand: HttpStand, name: string, load: Load, print: (line: string) => void): Promise<void> {
  const ratios: number[] = [];
  const rates: Rate[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const { callers, call } = load;
    const rate = await drive({ callers, groupSize: 1, seconds: SECONDS, call });
    const limit = await limitRate(stand.ownerUrl, ACCOUNTS, 'SPREAD', LIMIT_SECONDS, LIMIT_CLIENTS);
    rates.push(rate);
    ratios.push((rate.perSecond * load.items) / limit);
  }
  const figure = (of: (rate: Rate) => number, digits: number): string => median(rates.map(of)).toFixed(digits);
  print(
    `  ${name}: ${figure((rate) => rate.perSecond * load.items, 0)}/s (p50 ${figure((rate) => rate.p50Ms, 1)} ms, p99 ` +
      `${figure((rate) => rate.p99Ms, 1)} ms), median ratio ${median(ratios).toFixed(2)}`,
  );
}

async function fund(stand: HttpStand): Promise<readonly string[]> {
  const accounts: string[] = [];
  for (let count = 0; count < ACCOUNTS; count += 1) {
    const id = await stand.openAccount();
    await stand.deposit(id, '1000000');
    accounts.push(id);
  }
  return accounts;
}

function transferBetween(accounts: readonly string[]): object {
  const debit = Math.floor(Math.random() * accounts.length);
  const credit = (debit + 1 + Math.floor(Math.random() * (accounts.length - 1))) % accounts.length;
  return {
    debitAccountId: accounts[debit],
    creditAccountId: accounts[credit],
    amount: { amount: '0.000001', unit: 'CREDIT' },
    description: 'Bench',
  };
}

async function one(ask: Ask, accounts: readonly string[]): Promise<void> {
  const input = { idempotencyKey: randomUUID(), ...transferBetween(accounts) };
  const { transfer } = (await ask(TRANSFER, { input })) as { transfer: { transfer: object | null } };
  if (transfer.transfer === null) throw new Error(`The run is void: ${JSON.stringify(transfer)}`);
}

async function many(ask: Ask, accounts: readonly string[]): Promise<void> {
  const transfers = Array.from({ length: ITEMS }, () => transferBetween(accounts));
  const input = { idempotencyKey: randomUUID(), mode: 'INDEPENDENT', transfers };
  const { transferBatch } = (await ask(BATCH, { input })) as {
    transferBatch: { results: readonly { transfer: object | null }[] | null };
  };
  const isDone = transferBatch.results?.every(({ transfer }) => transfer !== null) ?? false;
  if (!isDone) throw new Error(`The run is void: ${JSON.stringify(transferBatch)}`);
}
