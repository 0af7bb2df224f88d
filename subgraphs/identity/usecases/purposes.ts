/** The purpose that a person's TOTP secret is sealed for. */
export const totpPurpose = (userId: string): string => `totp:${userId}`;

/** The purpose that a signing key's private half is sealed for. */
export const signingKeyPurpose = (kid: string): string => `signing-key:${kid}`;
