import fc from 'fast-check';
import { newId } from '../../platform/kernel/ids.js';
import { formatMicros } from '../../platform/kernel/money.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { type AccountingHarness, credit, idOf, type TestPerson } from './support.js';
import { record, send, type TestCluster } from './usageSupport.js';

/** Who uses and pays: a group with an ADMIN and a member, a person alone, and a provider of its own. */
export interface ChargeCast {
  readonly accounting: AccountingHarness;
  readonly admin: TestPerson;
  readonly member: TestPerson;
  readonly loner: TestPerson;
  readonly providerAdmin: TestPerson;
  readonly cluster: TestCluster;
  /** The group's account. */
  readonly lab: string;
  /** The account of the person alone. */
  readonly own: string;
  readonly groupId: string;
  /** The REVENUE account of the provider. */
  readonly otherRevenue: string;
}

/** An amount of up to 9 CREDIT with all places. */
const micros = fc.bigInt({ min: 1n, max: 9_000_000n });

/** What may happen. */
export const chargeStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('grant' as const), mine: fc.boolean(), local: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('job' as const),
      grant: fc.nat(),
      byAdmin: fc.boolean(),
      amount: micros,
      part: fc.nat({ max: 100 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('end' as const), grant: fc.nat(), earned: micros }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('usage' as const),
      mine: fc.boolean(),
      seconds: fc.nat({ max: 20_000 }),
      corrected: fc.option(fc.nat({ max: 20_000 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('reverse' as const), job: fc.nat(), part: fc.nat({ max: 100 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pay' as const), amount: micros }) },
);
type Step = typeof chargeStep extends fc.Arbitrary<infer Drawn> ? Drawn : never;

interface Grant {
  readonly escrow: string;
  readonly payee: string;
  readonly mine: boolean;
  isOpen: boolean;
}

/** Does what was drawn; what the ledger refuses is part of it. */
export async function playCharges(cast: ChargeCast, steps: readonly Step[]): Promise<void> {
  const { accounting, admin, member, loner, providerAdmin, cluster, own, groupId, otherRevenue } = cast;
  const grants: Grant[] = [];
  const jobs: { readonly transfer: string; readonly amount: bigint; readonly isLocal: boolean }[] = [];
  const inCredit = (amount: bigint) => credit(formatMicros(amount));
  for (const drawn of steps) {
    const grant = 'grant' in drawn ? grants[drawn.grant % Math.max(1, grants.length)] : undefined;
    switch (drawn.do) {
      case 'grant':
        grants.push(await openGrant(cast, drawn.mine, drawn.local ? wellKnown.accountRevenueLocal : otherRevenue));
        break;
      case 'job': {
        if (grant === undefined || !grant.isOpen) break;
        const person = grant.mine ? loner : drawn.byAdmin ? admin : member;
        const hold = await accounting.mutate(
          'placeHold',
          { debitAccountId: grant.escrow, creditAccountId: grant.payee, amount: inCredit(drawn.amount), reason: 'Job' },
          'hold { id }',
          { as: 'compute', token: await person.actingAs('compute') },
        );
        if (hold.payload?.['hold'] == null) break;
        const amount = (drawn.amount * BigInt(drawn.part)) / 100n;
        const holdId = idOf(hold, 'hold');
        if (amount === 0n) {
          await accounting.mutate('releaseHold', { holdId }, 'hold { id }', { as: 'compute' });
          break;
        }
        const captured = await accounting.mutate(
          'captureHold',
          { holdId, amount: inCredit(amount) },
          'transfer { id }',
          { as: 'compute' },
        );
        jobs.push({ transfer: idOf(captured, 'transfer'), amount, isLocal: grant.payee !== otherRevenue });
        break;
      }
      case 'end': {
        if (grant === undefined) break;
        const ended = await accounting.mutate(
          'closeEscrow',
          { accountId: grant.escrow, earnedSoFar: inCredit(drawn.earned) },
          'account { id }',
          { as: 'access' },
        );
        grant.isOpen = grant.isOpen && ended.payload?.refusal !== null;
        break;
      }
      case 'usage': {
        const externalId = newId('audit');
        const who = drawn.mine ? { user: loner.userId } : { user: member.userId, group: groupId };
        await send(accounting, cluster, [record(externalId, { ...who, cpuSeconds: String(drawn.seconds) })]);
        if (drawn.corrected === null) break;
        const change = { ...who, cpuSeconds: String(drawn.corrected), revision: 1 };
        await send(accounting, cluster, [record(externalId, change)]);
        break;
      }
      case 'reverse': {
        const job = jobs[drawn.job % Math.max(1, jobs.length)];
        const amount = job === undefined ? 0n : (job.amount * BigInt(drawn.part)) / 100n;
        if (job === undefined || amount === 0n || job.isLocal) break;
        const input = { transferId: job.transfer, amount: inCredit(amount), reason: 'Too much' };
        await accounting.mutate('reverseTransfer', input, 'transfer { id }', { token: providerAdmin.token });
        break;
      }
      case 'pay': {
        const held = await accounting.mutate(
          'placeHold',
          { debitAccountId: own, creditAccountId: otherRevenue, amount: inCredit(drawn.amount), reason: 'Course' },
          'hold { id }',
          { token: loner.token },
        );
        const input = { holdId: idOf(held, 'hold'), amount: inCredit(drawn.amount) };
        await accounting.mutate('captureHold', input, 'transfer { id }', { token: providerAdmin.token });
        break;
      }
    }
  }
}

async function openGrant(
  { accounting, admin, loner, lab, own, groupId }: ChargeCast,
  mine: boolean,
  payee: string,
): Promise<Grant> {
  const person = mine ? loner : admin;
  const opened = await accounting.mutate(
    'openEscrow',
    {
      grantId: newId('grant'),
      holderId: mine ? loner.userId : groupId,
      offerId: newId('offer'),
      clusterId: wellKnown.clusterLocal,
      payerAccountId: mine ? own : lab,
      payeeAccountId: payee,
      amount: credit('60'),
      holdExpiresInSeconds: 3_600,
      startsAt: new Date(Date.now() - 60_000).toISOString(),
      endsAt: new Date(Date.now() + 3_600_000).toISOString(),
    },
    'account { id } hold { id }',
    { as: 'access', token: await person.actingAs('access') },
  );
  const capture = { holdId: idOf(opened, 'hold'), amount: credit('60'), final: true };
  await accounting.mutate('captureHold', capture, 'transfer { id }', { as: 'access' });
  return { escrow: idOf(opened, 'account'), payee, mine, isOpen: true };
}
