import { randomUUID } from 'node:crypto';
import type { Clock } from '../../platform/kernel/clock.js';
import { Fault } from '../../platform/kernel/faults.js';
import type { NewId } from '../../platform/kernel/ids.js';
import type { Logger } from '../../platform/server/log.js';
import type { ProcessHolding } from '../../platform/work/liveness.js';
import type { WorkTask } from '../../platform/work/startWorker.js';
import type { AccessConfig } from './config.js';
import type { PrismaClient } from './generated/prisma/client.js';
import { closeRunOutTask } from './jobs/closeRunOut.js';
import { closeWindowTask } from './jobs/closeWindow.js';
import { resumable, resumeSaga } from './jobs/resumeSaga.js';
import { sweepLeft } from './jobs/sweepLeft.js';
import { leftovers, takeUpLeft } from './jobs/takeUpLeft.js';
import { makeDatabase } from './persistence/database.js';
import { endingJournal, settlementOf } from './persistence/endingJournal.js';
import { extensionJournal } from './persistence/extensionJournal.js';
import { makeLoaders } from './persistence/loaders.js';
import { requestJournal } from './persistence/requestJournal.js';
import { hasLeftRuns, leasedRuns } from './persistence/sagaRuns.js';
import { makeChain } from './sagas/chain.js';
import { endGrantSaga } from './sagas/endGrant.js';
import { extendGrantSaga, reviewedExtensionSaga } from './sagas/extendGrant.js';
import { requestAccessSaga, reviewedAccessSaga } from './sagas/requestAccess.js';
import type { Dependencies } from './usecases/dependencies.js';
import type { Peers } from './usecases/ports/peers.js';
import { tasks } from './usecases/ports/tasks.js';
import type { Loaders, People, QuoteSeal } from './usecases/ports.js';
import { makeUseCases, type UseCases } from './usecases/useCases.js';

/** What access is put together from. */
interface AccessParts {
  readonly prisma: PrismaClient;
  readonly peers: Peers;
  readonly people: People;
  readonly quoteSeal: QuoteSeal;
  readonly config: AccessConfig;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Logger;
}

/** Access, ready to serve and to work. */
export interface Access {
  readonly usecases: UseCases;
  /** The loaders of one request. */
  makeLoaders(): Loaders;
  readonly tasks: Readonly<Record<string, WorkTask>>;
  /** Looks for sagas that were left, until it is stopped. */
  sweep(): ReturnType<typeof sweepLeft>;
  /** The sagas that this process has while it lives. */
  readonly holding: ProcessHolding;
  /** Hands over the sagas that run in this process and waits until none does. */
  drain(): Promise<void>;
}

/** Puts access together. */
export function composeAccess({ prisma, peers, people, quoteSeal, config, clock, newId, log }: AccessParts): Access {
  const { leaseMs, callTimeoutMs } = config;
  const tenure = { runner: randomUUID(), leaseMs };
  const stopping = new AbortController();
  const inSight = new Set<Promise<unknown>>();
  const tools = { clock, log, callTimeoutMs, stopping: stopping.signal };
  const database = makeDatabase(prisma, tenure);
  const journals = {
    requestAccess: requestJournal(prisma, { ...tenure, clock }, 'requestAccess'),
    reviewedAccess: requestJournal(prisma, { ...tenure, clock }, 'reviewedAccess'),
    extendGrant: extensionJournal(prisma, { ...tenure, clock }, 'extendGrant'),
    reviewedExtension: extensionJournal(prisma, { ...tenure, clock }, 'reviewedExtension'),
    endGrant: endingJournal(prisma, tenure),
  };
  const chains = {
    requestAccess: makeChain(requestAccessSaga(peers), journals.requestAccess, tools),
    reviewedAccess: makeChain(reviewedAccessSaga(peers, clock), journals.reviewedAccess, tools),
    extendGrant: makeChain(extendGrantSaga(peers), journals.extendGrant, tools),
    reviewedExtension: makeChain(reviewedExtensionSaga(peers, clock), journals.reviewedExtension, tools),
    endGrant: makeChain(
      endGrantSaga(peers, (grantId) => settlementOf(prisma, grantId)),
      journals.endGrant,
      tools,
    ),
  };
  const resumables = {
    requestAccess: resumable(chains.requestAccess, journals.requestAccess),
    reviewedAccess: resumable(chains.reviewedAccess, journals.reviewedAccess),
    extendGrant: resumable(chains.extendGrant, journals.extendGrant),
    reviewedExtension: resumable(chains.reviewedExtension, journals.reviewedExtension),
    endGrant: resumable(chains.endGrant, journals.endGrant),
  };
  const deps: Dependencies = {
    database,
    clock,
    newId,
    peers,
    chains,
    takeUp: (saga, id) => resumables[saga](id),
    people,
    quoteSeal,
    stopping: stopping.signal,
    keepInSight(work) {
      const watched = work
        .catch((err: unknown) => {
          // A fault is the caller's answer, or nobody's; anything else should be looked at.
          if (!(err instanceof Fault)) log.error({ err }, 'a saga was left; another runner takes it up');
        })
        .finally(() => inSight.delete(watched));
      inSight.add(watched);
    },
  };
  const takeUp = takeUpLeft(
    [
      leftovers(chains.requestAccess, journals.requestAccess),
      leftovers(chains.reviewedAccess, journals.reviewedAccess),
      leftovers(chains.extendGrant, journals.extendGrant),
      leftovers(chains.reviewedExtension, journals.reviewedExtension),
      leftovers(chains.endGrant, journals.endGrant),
    ],
    stopping.signal,
    log,
  );
  return {
    usecases: makeUseCases(deps),
    makeLoaders: () => makeLoaders(database, peers.accounting),
    tasks: {
      [tasks.resumeSaga]: resumeSaga(resumables),
      [tasks.takeUpLeft]: takeUp,
      [tasks.closeWindow]: closeWindowTask(deps),
      [tasks.closeRunOut]: closeRunOutTask(deps),
    },
    sweep: () =>
      sweepLeft(
        () => hasLeftRuns(prisma),
        () => deps.keepInSight(takeUp()),
        log,
      ),
    holding: { id: tenure.runner, holding: leasedRuns },
    async drain() {
      stopping.abort();
      await Promise.all(inSight);
    },
  };
}
