import { identityLimits } from '../domain/limits.js';
import { foldRecoveryCode } from '../domain/recoveryCode.js';
import type { Ports, Stores } from './ports.js';

/** Gives a person ten fresh recovery codes; the codes themselves are kept nowhere. */
export async function addRecoveryCodes(ports: Ports, stores: Stores, userId: string): Promise<readonly string[]> {
  const codes = Array.from({ length: identityLimits.recoveryCodes }, () => ports.secrets.newRecoveryCode());
  const hashes = codes.map((code) => ports.secrets.digest(foldRecoveryCode(code) ?? code));
  await stores.recoveryCodes.insert(userId, hashes);
  return codes;
}
