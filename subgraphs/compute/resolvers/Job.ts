import type { JobResolvers } from '../generated/resolvers.js';

/** A job. How it ended is shown once it is settled, together with its final status. */
export const Job = {
  __resolveReference: ({ id }, context) => context.usecases.getJob(context, id, (key) => context.loaders.job.load(key)),
  cluster: ({ clusterId }, _arguments, context) => context.loaders.cluster.load(clusterId),
  submittedBy: ({ submittedById }) => ({ id: submittedById }),
  grant: ({ grantId }) => ({ id: grantId }),
  hold: ({ holdId }) => (holdId === null ? null : { id: holdId }),
  command: ({ command }) => (command === null ? null : [...command]),
  exitCode: ({ settledAt, exitCode }) => (settledAt === null ? null : exitCode),
  reason: ({ settledAt, reason }) => (settledAt === null ? null : reason),
  endedAt: ({ settledAt, endedAt }) => (settledAt === null ? null : endedAt),
  cost: ({ settledAt, chargeMicros, unit }) => (settledAt === null ? null : { micros: chargeMicros ?? 0n, unit }),
  logs: (job, page, context) => context.usecases.listJobLog(job, page),
} satisfies Partial<JobResolvers>;
