import { createGuardrails, generate, generateSecret, generateURI, verify } from 'otplib';
import { isTotpForm, stepAt, totpParameters } from '../domain/totpStep.js';
import type { Totp } from '../usecases/ports.js';
import { drawQrCode } from './drawQrCode.js';

const { algorithm, digits, periodSeconds: period, toleranceSteps } = totpParameters;
const ISSUER = 'Tollgate';
// Ours have 20 bytes; authenticators and their documentation also use 10.
const guardrails = createGuardrails({ MIN_SECRET_BYTES: 10 });
const common = { algorithm, digits, period, guardrails } as const;

const epochOf = (at: Date): number => Math.floor(at.getTime() / 1000);

/** The code that an authenticator shows at an instant. @throws Error where the secret is not base32 of 10 to 64 bytes */
export const totpCode = (secret: string, at: Date): Promise<string> =>
  generate({ ...common, secret, epoch: epochOf(at) });

/** One-time codes with otplib. */
export const totp: Totp = {
  newSecret: () => generateSecret(),

  async describe(secret, username) {
    const uri = generateURI({ issuer: ISSUER, label: username, secret, algorithm, digits, period });
    return { secret, uri, qrCodeSvg: await drawQrCode(uri) };
  },

  async matchingStep(secret, code, at) {
    if (!isTotpForm(code)) return null;
    const epochTolerance = toleranceSteps * period;
    const result = await verify({ ...common, secret, token: code, epoch: epochOf(at), epochTolerance });
    return result.valid ? stepAt(at) + result.delta : null;
  },
};
