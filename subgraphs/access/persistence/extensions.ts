import type { ExtensionOutcome } from '../domain/extension.js';
import type { Prisma } from '../generated/prisma/client.js';
import type { Extensions } from '../usecases/ports.js';
import { refusalFromJson } from './refusalJson.js';

/** What is added to grants, in the database. */
export const extensionsIn = (prisma: Prisma.TransactionClient): Extensions => ({
  async insert(extension) {
    await prisma.grantExtension.create({ data: extension });
  },
  async find(id) {
    const row = await prisma.grantExtension.findUnique({ where: { id } });
    if (row === null) return null;
    return {
      // Checked by the table.
      state: row.state as ExtensionOutcome['state'],
      grantId: row.grantId,
      invoiceId: row.invoiceId,
      failure: row.failure === null ? null : refusalFromJson(row.failure),
    };
  },
  async mayExtend(grantId) {
    const rows = await prisma.$queryRawUnsafe<unknown[]>(
      `SELECT 1 FROM grant_extension AS extension JOIN saga_run AS run USING (id)
       WHERE extension.grant_id = $1 AND extension.state = 'UNDER_WAY' AND run.direction = 'FORWARD'`,
      grantId,
    );
    return rows.length > 0;
  },
  async dismiss(id) {
    await prisma.grantExtension.deleteMany({ where: { id, state: 'UNDER_WAY' } });
  },
});
