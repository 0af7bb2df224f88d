/** Refusals of the identity service. */
export const identityRefusals = {
  USERNAME_TAKEN: 'Another person has this user name. Choose another.',
  PASSWORD_TOO_COMMON: 'The password is on the list of common ones. Choose another.',
  REGISTRATION_CLOSED: 'Nobody can register here by themselves. Ask an operator.',
  INVALID_CREDENTIALS:
    'User name, password or code is wrong, or the code was used before. Try again with a fresh code.',
  ENROLMENT_EXPIRED: 'The enrolment token is unknown, used or older than an hour. Begin the enrolment again.',
  INVALID_CODE: 'The code is not the one the authenticator shows now. Check the clock and try again.',
  INVALID_REFRESH_TOKEN: 'The refresh token is unknown, used before or expired. Log in again.',
  AUTHORIZATION_PENDING: 'The person has not approved the device login yet. Ask again after the interval.',
  SLOW_DOWN: 'The device asked too early. Wait five seconds longer between polls from now on.',
  ACCESS_DENIED: 'The person did not let the device in, or took it back. Begin another device login.',
  EXPIRED_TOKEN: 'The device code is unknown, used or too old. Begin another device login.',
  DEVICE_LOGIN_DECIDED: 'The device login was decided otherwise already. Begin another.',
  SCOPE_EXCEEDED: 'A scope was asked for that the bearer does not have. Ask for fewer.',
  UNKNOWN_AUDIENCE: 'No service of this name takes exchanged tokens.',
  AUDIENCE_NOT_ALLOWED: 'This caller may not ask for a token for that service. Ask for another.',
  INVALID_SUBJECT_TOKEN: 'The token to exchange is not valid any more. Log in again.',
  NAME_TAKEN: 'Another group or service account has this name. Choose another.',
  ALREADY_MEMBER: 'The person is a member with another role already. Change the role instead.',
  LAST_ADMIN: 'A group keeps at least one ADMIN. Make somebody else one first.',
  GROUP_ARCHIVED: 'Nothing new is done in the name of an archived group. Ask an operator to restore it.',
  INVITATION_EXPIRED:
    'The time of the invitation is over, or who gave it may not invite any more. Ask an ADMIN of the group for another.',
  MEMBERSHIP_OF_DIRECTORY: 'The membership comes from a group of the directory. Change it there.',
  PASSWORD_OF_DIRECTORY: "The person's password is in the directory. Change it there.",
  DIRECTORY_UNAVAILABLE: 'The directory that knows the person does not answer. Try again later.',
  TOTP_REQUIRED:
    'A one-time-code factor comes first: enrol `totp`, confirm it with confirmTotp, then log in with the next code.',
  LAST_OPERATOR: 'An installation keeps at least one operator. Make somebody else one first.',
  NOT_ONESELF: 'Nobody closes their own account. Ask another operator.',
  SERVICE_ACCOUNT_DISABLED: 'The service account is disabled for good. Make another.',
} as const;
