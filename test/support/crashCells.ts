import type { SubgraphName } from '../../platform/kernel/services.js';
import { endGrantSaga } from '../../subgraphs/access/sagas/endGrant.js';
import { extendGrantSaga } from '../../subgraphs/access/sagas/extendGrant.js';
import { reviewedAccessSaga } from '../../subgraphs/access/sagas/requestAccess.js';
import type { SagaCall } from '../../subgraphs/access/sagas/saga.js';
import { FakePeers } from '../access/support/fakePeers.js';

/** When it breaks: before and after the call as access sees it, before and after the commit at the other side. */
export const moments = ['beforeCall', 'beforeCommit', 'afterCommit', 'afterCall'] as const;
/** What breaks. A slow side outlives the other's patience: the callee the call's deadline, access its lease. */
export const faults = ['accessDies', 'calleeDies', 'answerLost', 'slow'] as const;

/** One cell of the matrix. */
export interface CrashCell {
  readonly name: string;
  readonly offer: 'STORAGE' | 'COMPUTE';
  /** Which chain it is in: a request's way forward, its way back, an extension's, or the end of a grant. */
  readonly way: 'forward' | 'undo' | 'extend' | 'unextend' | 'end';
  readonly call: string;
  /** The fault point at access. */
  readonly point: string;
  readonly callee: SubgraphName;
  /** The fault point's stem at the callee, such as accounting.openEscrow. */
  readonly remote: string;
  readonly moment: (typeof moments)[number];
  readonly fault: (typeof faults)[number];
}

/** The matrix, made from what the sagas declare: every remote call of every step, do and undo. */
export function crashMatrix(): readonly CrashCell[] {
  const { peers } = new FakePeers();
  const request = reviewedAccessSaga(peers, { now: () => new Date() }).steps;
  const extension = extendGrantSaga(peers).steps;
  const end = endGrantSaga(peers, async () => ({ isExtending: false, earnedMicros: 0n })).steps;
  return [
    ...request.flatMap((step) => cellsOf('forward', step.do)),
    ...request.flatMap((step) => (step.undo === null ? [] : cellsOf('undo', step.undo))),
    ...extension.flatMap((step) => cellsOf('extend', step.do)),
    ...extension.flatMap((step) => (step.undo === null ? [] : cellsOf('unextend', step.undo))),
    ...end.flatMap((step) => cellsOf('end', step.do)),
  ];
}

function cellsOf<Subject, Facts>(way: CrashCell['way'], call: SagaCall<Subject, Facts>): readonly CrashCell[] {
  return call.callees.flatMap((remote) =>
    moments.flatMap((moment) =>
      faults.map((fault): CrashCell => {
        // The first part of a fault point is its service.
        const callee = remote.split('.')[0] as SubgraphName;
        const offer = callee === 'compute' ? 'COMPUTE' : 'STORAGE';
        const name = [way, call.name, remote, moment, fault].join(' ');
        return { name, offer, way, call: call.name, point: call.point, callee, remote, moment, fault };
      }),
    ),
  );
}

/** So many cells of the matrix, drawn by a seed (mulberry32): the same seed draws the same ones. */
export function sampleCells(cells: readonly CrashCell[], count: number, seed: number): readonly CrashCell[] {
  let state = seed;
  const draw = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return cells
    .map((cell) => ({ cell, rank: draw() }))
    .sort((one, other) => one.rank - other.rank)
    .slice(0, count)
    .map(({ cell }) => cell);
}
