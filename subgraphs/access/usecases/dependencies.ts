import type { Clock } from '../../../platform/kernel/clock.js';
import type { NewId } from '../../../platform/kernel/ids.js';
import type { Peers } from './ports/peers.js';
import type { Chain, EndingSubject, ExtensionSubject, RequestSubject } from './ports/sagas.js';
import type { Database, People, QuoteSeal, SagaName } from './ports.js';

/** What the commands work with. */
export interface Dependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly peers: Peers;
  readonly chains: {
    readonly requestAccess: Chain<RequestSubject>;
    readonly reviewedAccess: Chain<RequestSubject>;
    readonly extendGrant: Chain<ExtensionSubject>;
    readonly reviewedExtension: Chain<ExtensionSubject>;
    readonly endGrant: Chain<EndingSubject>;
  };
  /** Takes up a saga that nobody works on, as far as it gets; nothing where somebody does. */
  readonly takeUp: (saga: SagaName, id: string) => Promise<void>;
  readonly people: People;
  readonly quoteSeal: QuoteSeal;
  /** Aborted when the service stops: nobody waits any more. */
  readonly stopping: AbortSignal;
  /** Keeps work that outlives its call in sight, so that a stop waits for it and its faults are logged. */
  keepInSight(work: Promise<unknown>): void;
}
