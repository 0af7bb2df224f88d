import { alternate, median } from '../harness.js';
import { drive, type Rate } from './drive.js';
import { limitRate, prepareLimit, type Spread } from './limit.js';
import { type OpenedLedger, openLedger } from './openLedger.js';
import { pgbench, preparePgbench } from './pgbench.js';

const ACCOUNTS = 10_000;
const SECONDS = 4;
const LIMIT_SECONDS = 2;
const CALLERS = 64;
const TPCB_CLIENTS = 16;
const TPCB_SCALE = 10;
/** One by one from 64 callers, and 100 at a time from four. */
const LOADS = [
  { name: 'one by one', callers: CALLERS, groupSize: 1, goals: { SPREAD: 1.5, HOT: 5 } },
  { name: '100 per batch', callers: 4, groupSize: 100, goals: { SPREAD: 2.5, HOT: 12 } },
] as const;

/**
 * B2 and B3: transfers at the ledger's port, over 10,000 accounts and towards one hot account, against a one-shot
 * function without chain, keys and audit under pgbench. Money and chain are checked at the end.
 */
export async function b2b3Ledger(print: (line: string) => void): Promise<void> {
  const ledger = await openLedger(ACCOUNTS);
  try {
    await prepareLimit(ledger.ownerUrl, ACCOUNTS);
    for (const spread of ['SPREAD', 'HOT'] as const) {
      for (const load of LOADS) await compare(ledger, spread, load, print);
    }
    await preparePgbench(ledger.ownerUrl, TPCB_SCALE);
    const tpcb = await pgbench({ url: ledger.ownerUrl, clients: TPCB_CLIENTS, seconds: LIMIT_SECONDS * 5 });
    print(`  beside them, pgbench's own TPC-B: ${tpcb.toFixed(0)}/s`);
    await ledger.check();
    print('  money and chain are sound');
  } finally {
    await ledger.close();
  }
}

async function compare(
  ledger: OpenedLedger,
  spread: Spread,
  { name, callers, groupSize, goals }: (typeof LOADS)[number],
  print: (line: string) => void,
): Promise<void> {
  print(`${spread === 'SPREAD' ? 'B2 spread' : 'B3 hot account'}, ${name}`);
  const call = () => ledger.transfer(...pick(ledger.accounts, spread));
  const pairs = await alternate<Rate>(
    {
      name,
      subject: () => drive({ callers, groupSize, seconds: SECONDS, call }),
      limit: async () => ({
        perSecond: await limitRate(ledger.ownerUrl, ACCOUNTS, spread, LIMIT_SECONDS),
        p50Ms: Number.NaN,
        p99Ms: Number.NaN,
      }),
    },
    (round, subject, limit) =>
      print(
        `  round ${round}: ${subject.perSecond.toFixed(0)}/s (p50 ${subject.p50Ms.toFixed(1)} ms, p99 ` +
          `${subject.p99Ms.toFixed(1)} ms) against ${limit.perSecond.toFixed(0)}/s`,
      ),
  );
  const ratio = median(pairs.map(({ subject, limit }) => subject.perSecond / limit.perSecond));
  print(`  median ratio ${ratio.toFixed(2)} (goal: ${goals[spread]})`);
}

function pick(accounts: readonly string[], spread: Spread): [debit: string, credit: string] {
  const debit = 1 + Math.floor(Math.random() * (accounts.length - 1));
  const other = 1 + Math.floor(Math.random() * (accounts.length - 1));
  const credit = spread === 'HOT' || other === debit ? 0 : other;
  return [accounts[debit] ?? '', accounts[credit] ?? ''];
}
