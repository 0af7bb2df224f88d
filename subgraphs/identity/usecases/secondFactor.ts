import { identityLimits } from '../domain/limits.js';
import { foldRecoveryCode } from '../domain/recoveryCode.js';
import { isTotpForm } from '../domain/totpStep.js';
import type { Credentials, Ports, Stores } from './ports.js';
import { totpPurpose } from './purposes.js';

/** A second factor that fits and is still to be used up. */
export type Factor =
  | { readonly kind: 'TOTP'; readonly step: number }
  | { readonly kind: 'RECOVERY_CODE'; readonly codeHash: Uint8Array }
  /** The directory's password alone, where the configuration asks for no more and the person enrolled none. */
  | { readonly kind: 'NONE' };

// Compared with where there is no secret, so that the work is the same. Nobody gets anything for matching it.
const DECOY_SECRET = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/**
 * Reads a code as typed. Whether a one-time code is right shows here; whether it, or a recovery code, is still unused
 * shows when it is spent. Null where it cannot be right.
 */
export async function readFactor(ports: Ports, credentials: Credentials | null, code: string): Promise<Factor | null> {
  if (code.length > identityLimits.codeCharactersMax) return null;
  if (isTotpForm(code)) {
    const sealed = credentials?.totpSecret ?? null;
    const secret =
      sealed === null || credentials === null ? null : ports.sealer.open(sealed, totpPurpose(credentials.user.id));
    const step = await ports.totp.matchingStep(secret ?? DECOY_SECRET, code, ports.clock.now());
    return step === null || secret === null ? null : { kind: 'TOTP', step };
  }
  const folded = foldRecoveryCode(code);
  return folded === null ? null : { kind: 'RECOVERY_CODE', codeHash: ports.secrets.digest(folded) };
}

/** Uses a factor up; false where it was used before, or a newer code was. */
export async function spendFactor(stores: Stores, userId: string, factor: Factor, now: Date): Promise<boolean> {
  switch (factor.kind) {
    case 'TOTP':
      return stores.users.acceptTotpStep(userId, factor.step);
    case 'RECOVERY_CODE':
      return stores.recoveryCodes.use(userId, factor.codeHash, now);
    case 'NONE':
      return isBare(await stores.users.credentialsOfId(userId));
  }
}

/** One enrolled meanwhile counts. */
const isBare = (present: Credentials | null): boolean =>
  present?.user.status === 'ACTIVE' && present.totpSecret === null;
