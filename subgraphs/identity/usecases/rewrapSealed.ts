import { faultpoint } from '../../../platform/faultpoint.js';
import type { SealedValue } from './ports/sealing.js';
import type { Ports } from './ports.js';
import { signingKeyPurpose, totpPurpose } from './purposes.js';

const purposeOf: Readonly<Record<SealedValue['place'], (owner: string) => string>> = {
  FACTOR: totpPurpose,
  ENROLMENT: totpPurpose,
  SIGNING_KEY: signingKeyPurpose,
};

/**
 * Ends a rotation of the key-encryption key that was begun, however far it came: seals everything anew with the newest
 * key, then has the database take nothing of the older ones any more, then forgets them. Until the last step all of
 * them are kept, so that a crash leaves everything readable. It does nothing where there is one key.
 */
export async function rewrapSealed({
  database,
  sealer,
  keyEncryptionKeys,
  clock,
}: Pick<Ports, 'database' | 'sealer' | 'keyEncryptionKeys' | 'clock'>): Promise<void> {
  for (;;) {
    // Looked at each time: another rotation may have begun meanwhile, and this run then goes on for it.
    const [newest, ...older] = keyEncryptionKeys.ids;
    if (newest === undefined || older.length === 0) return;
    await database.sealed.register({ id: newest, createdAt: clock.now() });
    const values = await database.sealed.notUnder(newest);
    for (const value of values) {
      const purpose = purposeOf[value.place](value.owner);
      await database.sealed.replace(value, sealer.seal(sealer.open(value.sealed, purpose), purpose));
    }
    await faultpoint('identity.rewrapSealed.afterBatch');
    // A request that sealed before the rotation may have written since: then there is more to do.
    if (values.length > 0) continue;
    // The tables' locks can meet a request's that takes them in another order: the database takes one back, and it is
    // run again.
    const isRetired = await database.transaction((stores) => stores.sealed.retire(older, clock.now()));
    if (!isRetired) continue;
    await faultpoint('identity.rewrapSealed.afterRetire');
    await database.transaction(async (stores) => {
      await stores.sealed.lock();
      await keyEncryptionKeys.dropOlderThan(newest);
    });
  }
}
