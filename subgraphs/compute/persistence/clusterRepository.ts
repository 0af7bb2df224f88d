import type { Prisma } from '../generated/prisma/client.js';
import type { ClusterRepository } from '../usecases/ports.js';
import { wellFormed } from './wellFormed.js';

/** Clusters on a Prisma client or transaction. */
export function clusterRepository(prisma: Prisma.TransactionClient): ClusterRepository {
  return {
    find: (ids) => prisma.cluster.findMany({ where: { id: { in: wellFormed('cluster', ids) } } }),
    page({ first, after }) {
      const [name, id] = after ?? [];
      const later =
        name === undefined || id === undefined ? {} : { OR: [{ name: { gt: name } }, { name, id: { gt: id } }] };
      return prisma.cluster.findMany({ where: later, orderBy: [{ name: 'asc' }, { id: 'asc' }], take: first + 1 });
    },
    async ensure(cluster) {
      // Two services' first starts at once: the second finds it made.
      await prisma.cluster.createMany({ data: [cluster], skipDuplicates: true });
    },
    async touch(id, { at, ...told }) {
      await prisma.cluster.updateMany({ where: { id }, data: { lastSeenAt: at, ...told } });
    },
  };
}
