import { acceptInvitation } from './usecases/acceptInvitation.js';
import { addGroupMember } from './usecases/addGroupMember.js';
import { archiveGroup } from './usecases/archiveGroup.js';
import { auditingFaults, auditingRefusals } from './usecases/auditing.js';
import { changePassword } from './usecases/changePassword.js';
import { confirmTotp } from './usecases/confirmTotp.js';
import { createGroup } from './usecases/createGroup.js';
import { createPersonalAccessKey } from './usecases/createPersonalAccessKey.js';
import { createServiceAccount } from './usecases/createServiceAccount.js';
import { decideDeviceLogin } from './usecases/decideDeviceLogin.js';
import { declineInvitation } from './usecases/declineInvitation.js';
import { disableServiceAccount } from './usecases/disableServiceAccount.js';
import { disableUser } from './usecases/disableUser.js';
import { enableUser } from './usecases/enableUser.js';
import { exchangePersonalAccessKey } from './usecases/exchangePersonalAccessKey.js';
import { exchangeToken } from './usecases/exchangeToken.js';
import { findServiceAccount } from './usecases/findServiceAccount.js';
import { getAuditTrail, getAuditTrailOf } from './usecases/getAuditTrail.js';
import { getDeviceLogin } from './usecases/getDeviceLogin.js';
import { findGroup, getGroup, roleOfViewer } from './usecases/getGroup.js';
import { findUser, getUser } from './usecases/getUser.js';
import { getViewer, getViewerServiceAccount, getViewerSession, getViewerUser } from './usecases/getViewer.js';
import { inviteGroupMember } from './usecases/inviteGroupMember.js';
import { issueMandate } from './usecases/issueMandate.js';
import { issueServiceToken } from './usecases/issueServiceToken.js';
import { leaveGroup } from './usecases/leaveGroup.js';
import { listGroupMembers } from './usecases/listGroupMembers.js';
import { listGroupsOfUser } from './usecases/listGroupsOfUser.js';
import { listInvitationsOfGroup, listInvitationsOfUser } from './usecases/listInvitations.js';
import { listPersonalAccessKeys } from './usecases/listPersonalAccessKeys.js';
import { listServiceAccounts } from './usecases/listServiceAccounts.js';
import { listSessions } from './usecases/listSessions.js';
import { listSigningKeys } from './usecases/listSigningKeys.js';
import { logIn } from './usecases/logIn.js';
import { logOut } from './usecases/logOut.js';
import { pollDeviceLogin } from './usecases/pollDeviceLogin.js';
import type { Ports } from './usecases/ports.js';
import { refreshSession } from './usecases/refreshSession.js';
import { refreshWithDirectory } from './usecases/refreshWithDirectory.js';
import { regenerateRecoveryCodes } from './usecases/regenerateRecoveryCodes.js';
import { registerUser } from './usecases/registerUser.js';
import { removeGroupMember } from './usecases/removeGroupMember.js';
import { renameGroup } from './usecases/renameGroup.js';
import { replaceTotp } from './usecases/replaceTotp.js';
import { restoreGroup } from './usecases/restoreGroup.js';
import { revokeMandate } from './usecases/revokeMandate.js';
import { revokeOtherSessions } from './usecases/revokeOtherSessions.js';
import { revokePersonalAccessKey } from './usecases/revokePersonalAccessKey.js';
import { revokeSession } from './usecases/revokeSession.js';
import { rotateKeyEncryptionKey } from './usecases/rotateKeyEncryptionKey.js';
import { rotateServiceAccountSecret } from './usecases/rotateServiceAccountSecret.js';
import { rotateSigningKey } from './usecases/rotateSigningKey.js';
import { setGroupRole } from './usecases/setGroupRole.js';
import { setOperator } from './usecases/setOperator.js';
import { startDeviceLogin } from './usecases/startDeviceLogin.js';
import type { KeyPolicy } from './usecases/turnSigningKeys.js';
import { withdrawInvitation } from './usecases/withdrawInvitation.js';
import { withdrawServiceAccountSecret } from './usecases/withdrawServiceAccountSecret.js';

/** Everything that identity does for a request. */
export type UseCases = ReturnType<typeof makeUseCases>;

/** Puts identity together: its use cases on the given ports. */
export function makeUseCases(
  ports: Ports,
  settings: { readonly registrationOpen: boolean; publicUrl(): Promise<string> } & KeyPolicy,
) {
  const { audit } = ports.database;
  return {
    registerUser: auditingRefusals(audit, 'registerUser', registerUser(ports, settings)),
    confirmTotp: auditingRefusals(audit, 'confirmTotp', confirmTotp(ports)),
    // These two audit what they refuse by themselves, in the transaction that counts it.
    logIn: logIn(ports),
    refreshSession: refreshWithDirectory(ports, refreshSession(ports)),
    logOut: auditingRefusals(audit, 'logOut', logOut(ports)),
    revokeSession: auditingRefusals(audit, 'revokeSession', revokeSession(ports)),
    revokeOtherSessions: auditingRefusals(audit, 'revokeOtherSessions', revokeOtherSessions(ports)),
    // So do these with what is wrong about a password or code, and with polls.
    changePassword: auditingFaults(audit, 'changePassword', changePassword(ports)),
    replaceTotp: auditingFaults(audit, 'replaceTotp', replaceTotp(ports)),
    regenerateRecoveryCodes: auditingFaults(audit, 'regenerateRecoveryCodes', regenerateRecoveryCodes(ports)),
    pollDeviceLogin: pollDeviceLogin(ports),
    startDeviceLogin: auditingRefusals(audit, 'startDeviceLogin', startDeviceLogin(ports, settings)),
    approveDeviceLogin: auditingRefusals(audit, 'approveDeviceLogin', decideDeviceLogin(ports, 'approveDeviceLogin')),
    denyDeviceLogin: auditingRefusals(audit, 'denyDeviceLogin', decideDeviceLogin(ports, 'denyDeviceLogin')),
    getDeviceLogin: getDeviceLogin(ports),
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
    withdrawServiceAccountSecret: auditingRefusals(
      audit,
      'withdrawServiceAccountSecret',
      withdrawServiceAccountSecret(ports),
    ),
    disableServiceAccount: auditingRefusals(audit, 'disableServiceAccount', disableServiceAccount(ports)),
    createPersonalAccessKey: auditingFaults(audit, 'createPersonalAccessKey', createPersonalAccessKey(ports)),
    revokePersonalAccessKey: auditingRefusals(audit, 'revokePersonalAccessKey', revokePersonalAccessKey(ports)),
    exchangePersonalAccessKey: auditingRefusals(audit, 'exchangePersonalAccessKey', exchangePersonalAccessKey(ports)),
    rotateKeyEncryptionKey: auditingRefusals(audit, 'rotateKeyEncryptionKey', rotateKeyEncryptionKey(ports)),
    rotateSigningKey: auditingRefusals(audit, 'rotateSigningKey', rotateSigningKey(ports, settings)),
    issueMandate: auditingRefusals(audit, 'issueMandate', issueMandate(ports)),
    revokeMandate: auditingRefusals(audit, 'revokeMandate', revokeMandate(ports)),
    leaveGroup: auditingRefusals(audit, 'leaveGroup', leaveGroup(ports)),
    renameGroup: auditingRefusals(audit, 'renameGroup', renameGroup(ports)),
    archiveGroup: auditingRefusals(audit, 'archiveGroup', archiveGroup(ports)),
    restoreGroup: auditingRefusals(audit, 'restoreGroup', restoreGroup(ports)),
    inviteGroupMember: auditingRefusals(audit, 'inviteGroupMember', inviteGroupMember(ports)),
    acceptInvitation: auditingRefusals(audit, 'acceptInvitation', acceptInvitation(ports)),
    declineInvitation: auditingRefusals(audit, 'declineInvitation', declineInvitation(ports)),
    withdrawInvitation: auditingRefusals(audit, 'withdrawInvitation', withdrawInvitation(ports)),
    disableUser: auditingRefusals(audit, 'disableUser', disableUser(ports)),
    enableUser: auditingRefusals(audit, 'enableUser', enableUser(ports)),
    setOperator: auditingRefusals(audit, 'setOperator', setOperator(ports)),
    getViewer,
    getViewerUser,
    getViewerSession,
    getViewerServiceAccount,
    getUser,
    findUser,
    getGroup,
    findGroup,
    findServiceAccount,
    listServiceAccounts,
    listSigningKeys,
    getAuditTrail,
    getAuditTrailOf,
    listPersonalAccessKeys,
    listGroupMembers,
    listGroupsOfUser,
    listSessions,
    listInvitationsOfUser,
    listInvitationsOfGroup,
    roleOfViewer,
  };
}
