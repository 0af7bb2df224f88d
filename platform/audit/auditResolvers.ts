import type { PageArguments } from '../kernel/cursor.js';
import type { SubgraphName } from '../kernel/services.js';
import type { RequestContext } from '../server/requestContext.js';
import type { AuditFilter } from './auditQuery.js';
import type { AuditReader } from './auditReader.js';
import { listAudit } from './listAudit.js';

/** The resolvers of a service's own field of AuditTrail, the same in every subgraph. */
export function auditResolvers(service: SubgraphName, reader: AuditReader): object {
  const list = listAudit(reader);
  return {
    AuditTrail: {
      __resolveReference: ({ id }: { readonly id: string }) => ({ id }),
      [service]: (
        { id }: { readonly id: string },
        page: PageArguments & { readonly filter?: AuditFilter | null },
        { viewer }: RequestContext,
      ) => list(viewer, id, page),
    },
  };
}
