import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../cli/tour/graph.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { type CrashCell, crashMatrix, sampleCells } from '../support/crashCells.js';
import { type CrashStand, startCrashStand } from '../support/crashStand.js';

/*
 * Every remote call of every step of access' sagas, as they declare them, is broken at four moments in four ways, on
 * real processes. After each:
 *   1. the request has ended ACTIVE or FAILED, the extension DONE or FAILED, the grant ENDED;
 *   2. no run is left, and the invariants of the whole system hold (INV1 to INV6): one drive or allocation and one charge
 *      at most, none where it was undone;
 *   3. the fault did come about.
 * A sample of 40, drawn by the seed below, is part of every run. TOLLGATE_TEST_CELLS tells how many instead, or all, as
 * `npm run test:faults` does; such a run writes docs/faults.md. TOLLGATE_TEST_SEED draws another sample.
 */
const WANTED = process.env['TOLLGATE_TEST_CELLS'];
const SEED = Number(process.env['TOLLGATE_TEST_SEED'] ?? 20_261_128);
const SAMPLE = 40;

const matrix = crashMatrix();
const cells = WANTED === 'all' ? matrix : sampleCells(matrix, Number(WANTED ?? SAMPLE), SEED);
// One instant for all calls: a repetition must not differ from its first call.
const endsAt = new Date(Date.now() + 30 * 86_400_000).toISOString();
const laterEndsAt = new Date(Date.now() + 60 * 86_400_000).toISOString();

let stand: CrashStand;
const ended = new Map<string, string>();
beforeAll(async () => {
  stand = await startCrashStand();
});
afterEach(() => stand.heal());
afterAll(async () => {
  await stand.stop();
  if (WANTED !== undefined) await writeFile(join(packageRoot, 'docs', 'faults.md'), reportOf(cells, ended));
});

describe(`crashes, ${cells.length} of ${matrix.length} cells, seed ${SEED}`, () => {
  it.each(cells.map((cell) => [cell.name, cell] as const))('%s', async (_name, cell) => {
    ended.set(cell.name, 'not recovered');
    const key = `${cell.name}`.replace(/[ .]/g, '-');
    if (cell.way === 'end') await breakEnd(cell, key);
    else if (cell.way === 'extend' || cell.way === 'unextend') await breakExtension(cell, key);
    else await breakRequest(cell, key);
    await assertInvariants(stand.urls);
    expect(await stand.sql('SELECT id FROM saga_run')).toEqual([]);
  });
});

/** A request whose chain is broken at the cell, on its way forward or back. */
async function breakRequest(cell: CrashCell, key: string): Promise<void> {
  const ask = () => requestOnce(cell, key);
  if (cell.way === 'forward') {
    await underFault(cell, ask);
  } else {
    // Undone from its end or, for what only an uncaptured price needs, from before the capture.
    const isLate = cell.call === 'closeResource' || cell.remote === 'accounting.closeEscrow';
    const turning = `access.requestAccess.${isLate ? 'activate.after' : 'captureHold.before'}`;
    await stand.arm({ [turning]: 'pause' });
    const asked = ask();
    await stand.fired(turning);
    await underFault(cell, async () => {
      await turnBack('(SELECT id FROM access_request WHERE name = $1)', key);
      return null;
    });
    // The runner that was paused all the while finds that it has lost its lease.
    stand.resume('access');
    await asked;
  }
  const status = await eventually(90, `The request of "${cell.name}" did not end.`, async () => {
    const found = await ask();
    return found === 'ACTIVE' || found === 'FAILED' ? found : null;
  });
  ended.set(cell.name, status);
  if (cell.way === 'undo') expect(status).toBe('FAILED');
}

/** A grant to break something of. */
async function grantFor(cell: CrashCell, key: string): Promise<string> {
  await stand.arm({});
  await eventually(60, 'No grant to break.', async () => ((await requestOnce(cell, key)) === 'ACTIVE' ? true : null));
  const [grant] = await stand.sql<{ grantId: string }>(
    'SELECT grant_id AS "grantId" FROM access_request WHERE name = $1',
    [key],
  );
  return String(grant?.grantId);
}

/** A grant whose extension is broken at the cell, on its way forward or back. */
async function breakExtension(cell: CrashCell, key: string): Promise<void> {
  const grantId = await grantFor(cell, key);
  const input = { idempotencyKey: `extend-${key}`, grantId, quantity: '1', endsAt: laterEndsAt };
  const ask = async (): Promise<string | null> => {
    const answer = await stand.ask<{
      readonly grant: { readonly extending: boolean } | null;
      readonly refusal: { readonly code: string } | null;
    }>('extendGrant', input, 'grant { extending } refusal { code }');
    if (answer === null || answer.grant?.extending === true) return null;
    return answer.refusal === null ? 'DONE' : 'FAILED';
  };
  if (cell.way === 'extend') {
    await underFault(cell, ask);
  } else {
    const turning = 'access.extendGrant.issuePrepayment.after';
    await stand.arm({ [turning]: 'pause' });
    const asked = ask();
    await stand.fired(turning);
    await underFault(cell, async () => {
      await turnBack('(SELECT id FROM grant_extension WHERE grant_id = $1)', grantId);
      return null;
    });
    stand.resume('access');
    await asked;
  }
  const ended_ = await eventually(90, `The extension of "${cell.name}" did not end.`, ask);
  ended.set(cell.name, ended_);
  if (cell.way === 'unextend') expect(ended_).toBe('FAILED');
}

/** A grant whose end is broken at the cell. */
async function breakEnd(cell: CrashCell, key: string): Promise<void> {
  const input = { idempotencyKey: `end-${key}`, grantId: await grantFor(cell, key) };
  const end = async (): Promise<string | null> =>
    (await stand.ask<{ grant: { status: string } | null }>('endGrant', input, 'grant { status }'))?.grant?.status ??
    null;
  await underFault(cell, end);
  await eventually(90, `The grant of "${cell.name}" did not end.`, async () =>
    (await end()) === 'ENDED' ? true : null,
  );
  ended.set(cell.name, 'ENDED');
}

/** One call of requestAccess; the status that it answers, or null. */
async function requestOnce(cell: CrashCell, key: string): Promise<string | null> {
  const input = {
    idempotencyKey: key,
    offerId: cell.offer === 'STORAGE' ? wellKnown.offerStorage : wellKnown.offerCompute,
    quantity: '2',
    endsAt,
    accountId: stand.accountId,
    name: key,
  };
  const answer = await stand.ask<{ accessRequest: { status: string } | null }>(
    'requestAccess',
    input,
    'accessRequest { status }',
  );
  return answer?.accessRequest?.status ?? null;
}

/** Takes the run from the runner that is paused, as one that is out of time: whoever takes it up undoes it. */
async function turnBack(which: string, value: string): Promise<void> {
  await stand.sql(
    `UPDATE saga_run SET fence = fence + 1, leased_until = to_timestamp(0), started_at = started_at - interval '16 minutes'
     WHERE id = ${which}`,
    [value],
  );
  await hurry();
}

/** What waits in the queue for a lease to end is looked at now. */
const hurry = (): Promise<readonly unknown[]> =>
  stand.sql(`UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key LIKE 'saga:%' AND locked_at IS NULL`);

/** Breaks the cell's call while `act` makes it happen. */
async function underFault(
  { point, callee, remote, moment, fault }: CrashCell,
  act: () => Promise<unknown>,
): Promise<void> {
  const isAtAccess = moment === 'beforeCall' || moment === 'afterCall';
  const where = {
    beforeCall: `${point}.before`,
    beforeCommit: `${remote}.beforeCommit`,
    afterCommit: `${remote}.afterCommit`,
    afterCall: `${point}.after`,
  }[moment];
  const side = isAtAccess ? 'access' : callee;
  const victim = fault === 'accessDies' ? 'access' : callee;
  const diesItself = (fault === 'accessDies' || fault === 'calleeDies') && victim === side;
  await stand.arm({ [where]: diesItself ? 'kill' : fault === 'answerLost' ? 'throw' : 'pause' });
  const acted = act();
  await stand.fired(where);
  if (diesItself) {
    await stand.revive(victim);
  } else if (fault === 'slow') {
    await outliveThePatience(isAtAccess);
    stand.resume(side);
  } else if (fault !== 'answerLost') {
    await stand.kill(victim);
    stand.resume(side);
    await stand.revive(victim);
  }
  await acted;
}

/** Waits until another runner has taken over, or the runner has counted a call without an answer. */
async function outliveThePatience(isAtAccess: boolean): Promise<void> {
  const [before] = await stand.sql<{ fence: string }>('SELECT fence FROM saga_run');
  await eventually(60, 'Nobody lost patience.', async () => {
    if (isAtAccess)
      await stand.sql(
        `UPDATE graphile_worker._private_jobs SET run_at = least(run_at, now() + interval '2 s') WHERE key LIKE 'saga:%' AND locked_at IS NULL`,
      );
    const [run] = await stand.sql<{ fence: string; attempts: number }>('SELECT fence, attempts FROM saga_run');
    return run === undefined || run.fence !== before?.fence || (!isAtAccess && run.attempts > 0) ? true : null;
  });
}

/** What docs/faults.md says of the cells that were run. */
function reportOf(all: readonly CrashCell[], ends: ReadonlyMap<string, string>): string {
  const count = (end: string) => [...ends.values()].filter((one) => one === end).length;
  const rows = all.map(({ way, call, remote, moment, fault, name }) =>
    ['', way, call, remote, moment, fault, ends.get(name) ?? 'not run', ''].join(' | ').trim(),
  );
  const failed = all.length - ['ACTIVE', 'DONE', 'FAILED', 'ENDED'].reduce((sum, end) => sum + count(end), 0);
  return `# Faults

The last run that was kept over the crash matrix of access' sagas (test/journeys/crashMatrix.test.ts), on real
processes with the embedded database. Written by the run itself; \`npm run test:faults\` takes all cells.

${all.length} of ${matrix.length} cells (seed ${SEED}): ${count('ACTIVE')} requests ended ACTIVE, ${count('DONE')} extensions DONE, ${count('FAILED')} of both FAILED with everything undone, ${count('ENDED')} grants ENDED, ${failed} were not recovered.
The invariants of the whole system were checked after each cell.

| way | call | at | moment | what breaks | ended |
| --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
