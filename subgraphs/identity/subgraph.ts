import { auditingRefusals } from './usecases/auditing.js';
import { confirmTotp } from './usecases/confirmTotp.js';
import { exchangeToken } from './usecases/exchangeToken.js';
import { findServiceAccount } from './usecases/findServiceAccount.js';
import { findGroup, getGroup } from './usecases/getGroup.js';
import { findUser, getUser } from './usecases/getUser.js';
import { getViewer } from './usecases/getViewer.js';
import { issueServiceToken } from './usecases/issueServiceToken.js';
import { listGroupMembers } from './usecases/listGroupMembers.js';
import { listGroupsOfUser } from './usecases/listGroupsOfUser.js';
import { listSessions } from './usecases/listSessions.js';
import { logIn } from './usecases/logIn.js';
import { logOut } from './usecases/logOut.js';
import type { Ports } from './usecases/ports.js';
import { refreshSession } from './usecases/refreshSession.js';
import { registerUser } from './usecases/registerUser.js';

/** Everything that identity does for a request. */
export type UseCases = ReturnType<typeof makeUseCases>;

/** Puts identity together: its use cases on the given ports. */
export function makeUseCases(ports: Ports, settings: { readonly registrationOpen: boolean }) {
  const { audit } = ports.database;
  return {
    registerUser: auditingRefusals(audit, 'registerUser', registerUser(ports, settings)),
    confirmTotp: auditingRefusals(audit, 'confirmTotp', confirmTotp(ports)),
    // These two audit what they refuse by themselves, in the transaction that counts it.
    logIn: logIn(ports),
    refreshSession: refreshSession(ports),
    logOut: auditingRefusals(audit, 'logOut', logOut(ports)),
    issueServiceToken: auditingRefusals(audit, 'issueServiceToken', issueServiceToken(ports)),
    exchangeToken: auditingRefusals(audit, 'exchangeToken', exchangeToken(ports)),
    getViewer,
    getUser,
    findUser,
    getGroup,
    findGroup,
    findServiceAccount,
    listGroupMembers,
    listGroupsOfUser,
    listSessions,
  };
}
