import { writeAudit } from '../../../platform/audit/audit.js';
import { transactionally } from '../../../platform/database/transactionally.js';
import { once } from '../../../platform/idempotency/once.js';
import { enqueue } from '../../../platform/work/enqueue.js';
import type { Prisma, PrismaClient } from '../generated/prisma/client.js';
import { tasks } from '../usecases/ports/tasks.js';
import type { Database, Stores } from '../usecases/ports.js';
import { deviceLoginStore } from './deviceLoginStore.js';
import { directoryChecksOf } from './directoryChecks.js';
import { enrolmentStore } from './enrolmentStore.js';
import { failureStore } from './failureStore.js';
import { feedStore } from './feedStore.js';
import { groupStore } from './groupStore.js';
import { invitationStore } from './invitationStore.js';
import { logInStore } from './logInStore.js';
import { mandateStore } from './mandateStore.js';
import { personalAccessKeyStore } from './personalAccessKeyStore.js';
import { recoveryCodeStore } from './recoveryCodeStore.js';
import { rememberedDeviceStore } from './rememberedDeviceStore.js';
import { removalOf } from './removal.js';
import { sealedStore } from './sealedStore.js';
import { serviceAccountStore } from './serviceAccountStore.js';
import { sessionStore } from './sessionStore.js';
import { signingKeyStore } from './signingKeyStore.js';
import { userStore } from './userStore.js';

/** The client, or one of its transactions. */
export type Connection = PrismaClient | Prisma.TransactionClient;

// "boot" in ASCII: what firstBoot's replicas wait for each other on.
const BOOT_LOCK = 0x62_6f_6f_74;

/** Identity's data in PostgreSQL. */
export function makeDatabase(prisma: PrismaClient): Database {
  return {
    ...storesOn(prisma),
    logIns: logInStore(prisma),
    transaction: (work, options = {}) =>
      transactionally(prisma, (transaction: Prisma.TransactionClient) => work(storesOn(transaction)), options),
  };
}

function storesOn(connection: Connection): Stores {
  return {
    users: userStore(connection),
    enrolments: enrolmentStore(connection),
    recoveryCodes: recoveryCodeStore(connection),
    sessions: sessionStore(connection),
    devices: rememberedDeviceStore(connection),
    deviceLogins: deviceLoginStore(connection),
    groups: groupStore(connection),
    invitations: invitationStore(connection),
    serviceAccounts: serviceAccountStore(connection),
    mandates: mandateStore(connection),
    personalAccessKeys: personalAccessKeyStore(connection),
    signingKeys: signingKeyStore(connection),
    keySchedule: {
      async lookAgainAt(at) {
        const options = { jobKey: tasks.turnSigningKeys, ...(at === null ? {} : { runAt: at }) };
        await enqueue(connection, tasks.turnSigningKeys, {}, options);
      },
    },
    sealed: sealedStore(connection),
    failures: failureStore(connection),
    feed: feedStore(connection),
    boot: {
      lock: async () => void (await connection.$executeRawUnsafe('SELECT pg_advisory_xact_lock($1)', BOOT_LOCK)),
      async targetOf(action) {
        const [entry] = await connection.$queryRawUnsafe<{ target: string | null }[]>(
          'SELECT target FROM platform.audit_entry WHERE action = $1 ORDER BY id LIMIT 1',
          action,
        );
        return entry?.target ?? null;
      },
    },
    removal: removalOf(connection),
    directoryChecks: directoryChecksOf(connection),
    audit: { write: (entry) => writeAudit(connection, entry) },
    once: (call, act, remembering) => once(connection, call, act, remembering),
  };
}
