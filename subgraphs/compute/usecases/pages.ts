import type { Connection } from '../../../platform/kernel/connection.js';
import type { Cluster } from '../domain/cluster.js';
import type { Job } from '../domain/job.js';
import type { StoredLogLine } from './ports.js';

/** A page of jobs. */
export type JobPage = Connection<Job>;
/** A page of clusters. */
export type ClusterPage = Connection<Cluster>;
/** A page of a log. */
export type JobLogPage = Connection<StoredLogLine>;
