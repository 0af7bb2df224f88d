/** The factor's parameters (RFC 6238): what every authenticator understands. */
export const totpParameters = { algorithm: 'sha1', digits: 6, periodSeconds: 30, toleranceSteps: 1 } as const;

/** The number of the 30-second step that an instant falls into. */
export const stepAt = (at: Date): number => Math.floor(at.getTime() / 1000 / totpParameters.periodSeconds);

/** Whether a text has the form of a one-time code. */
export const isTotpForm = (text: string): boolean => /^[0-9]{6}$/.test(text);
