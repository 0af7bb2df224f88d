import { addGroupMember } from './usecases/addGroupMember.js';
import { auditingRefusals } from './usecases/auditing.js';
import { confirmTotp } from './usecases/confirmTotp.js';
import { createGroup } from './usecases/createGroup.js';
import { createServiceAccount } from './usecases/createServiceAccount.js';
import { disableServiceAccount } from './usecases/disableServiceAccount.js';
import { exchangeToken } from './usecases/exchangeToken.js';
import { findServiceAccount } from './usecases/findServiceAccount.js';
import { findGroup, getGroup } from './usecases/getGroup.js';
import { findUser, getUser } from './usecases/getUser.js';
import { getViewer } from './usecases/getViewer.js';
import { issueMandate } from './usecases/issueMandate.js';
import { issueServiceToken } from './usecases/issueServiceToken.js';
import { listGroupMembers } from './usecases/listGroupMembers.js';
import { listGroupsOfUser } from './usecases/listGroupsOfUser.js';
import { listSessions } from './usecases/listSessions.js';
import { logIn } from './usecases/logIn.js';
import { logOut } from './usecases/logOut.js';
import type { Ports } from './usecases/ports.js';
import { refreshSession } from './usecases/refreshSession.js';
import { registerUser } from './usecases/registerUser.js';
import { removeGroupMember } from './usecases/removeGroupMember.js';
import { revokeMandate } from './usecases/revokeMandate.js';
import { rotateServiceAccountSecret } from './usecases/rotateServiceAccountSecret.js';
import { setGroupRole } from './usecases/setGroupRole.js';

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
    createGroup: auditingRefusals(audit, 'createGroup', createGroup(ports)),
    addGroupMember: auditingRefusals(audit, 'addGroupMember', addGroupMember(ports)),
    removeGroupMember: auditingRefusals(audit, 'removeGroupMember', removeGroupMember(ports)),
    setGroupRole: auditingRefusals(audit, 'setGroupRole', setGroupRole(ports)),
    createServiceAccount: auditingRefusals(audit, 'createServiceAccount', createServiceAccount(ports)),
    rotateServiceAccountSecret: auditingRefusals(
      audit,
      'rotateServiceAccountSecret',
      rotateServiceAccountSecret(ports),
    ),
    disableServiceAccount: auditingRefusals(audit, 'disableServiceAccount', disableServiceAccount(ports)),
    issueMandate: auditingRefusals(audit, 'issueMandate', issueMandate(ports)),
    revokeMandate: auditingRefusals(audit, 'revokeMandate', revokeMandate(ports)),
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
