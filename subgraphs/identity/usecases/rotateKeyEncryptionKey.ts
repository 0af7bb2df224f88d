import { idempotencyScope, requireOperator } from '../../../platform/auth/viewer.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { notFound } from '../../../platform/kernel/faults.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import { ok, type Result } from '../../../platform/kernel/result.js';
import { auditEntry } from './auditing.js';
import type { Call } from './call.js';
import { requireInPerson } from './inPerson.js';
import type { KnownKey } from './ports/sealing.js';
import type { Ports } from './ports.js';
import { rewrapSealed } from './rewrapSealed.js';

/** Input of `rotateKeyEncryptionKey`. */
interface RotateKeyEncryptionKeyInput {
  readonly idempotencyKey: string;
}

/**
 * For operators: makes a fresh key-encryption key, seals everything anew with it, and forgets the one before. A call that
 * was interrupted is finished by its repetition, or by the next start.
 * Refusals: IDEMPOTENCY_KEY_REUSED. Faults: UNAUTHENTICATED, FORBIDDEN.
 */
export const rotateKeyEncryptionKey =
  (ports: Ports) =>
  async (input: RotateKeyEncryptionKeyInput, call: Call): Promise<Result<KnownKey, Refusal>> => {
    const operator = requireOperator(requireInPerson(call.viewer));
    const operation = 'rotateKeyEncryptionKey';
    const rotated = await ports.database.transaction((stores) =>
      stores.once<KnownKey>(
        { scope: idempotencyScope(operator), key: input.idempotencyKey, operation, input },
        async () => {
          await stores.sealed.lock();
          // Kept before it is known: a key in the file that nothing tells of seals until the next one, and harms nobody.
          const key = { id: await ports.keyEncryptionKeys.makeNext(), createdAt: ports.clock.now() };
          await faultpoint('identity.rotateKeyEncryptionKey.afterFile');
          await stores.sealed.register(key);
          await stores.audit.write(auditEntry(call, { action: operation, target: key.id, outcome: 'OK' }));
          return ok(key);
        },
        {
          save: ({ id }) => id,
          async load(id) {
            const found = await stores.sealed.find(String(id));
            if (found === null) throw notFound('key-encryption key');
            return found;
          },
        },
      ),
    );
    await faultpoint('identity.rotateKeyEncryptionKey.afterCommit');
    if (rotated.ok) await rewrapSealed(ports);
    return rotated;
  };
