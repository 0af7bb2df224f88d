import { ServiceStartError } from './runDirectory.js';

/** What a service needs does not answer: a peer of it, its object store. To try again later may help. */
export class NotThereYetError extends ServiceStartError {}
