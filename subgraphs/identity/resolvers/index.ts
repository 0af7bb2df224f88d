import type { RequiredResolvers } from '../../../platform/server/resolverTypes.js';
import type { Resolvers } from '../generated/resolvers.js';
import { DeviceLogin } from './DeviceLogin.js';
import { Group } from './Group.js';
import { GroupInvitation } from './GroupInvitation.js';
import { GroupMember } from './GroupMember.js';
import { acceptInvitation } from './Mutation/acceptInvitation.js';
import { addGroupMember } from './Mutation/addGroupMember.js';
import { approveDeviceLogin } from './Mutation/approveDeviceLogin.js';
import { archiveGroup } from './Mutation/archiveGroup.js';
import { changePassword } from './Mutation/changePassword.js';
import { confirmTotp } from './Mutation/confirmTotp.js';
import { createGroup } from './Mutation/createGroup.js';
import { createPersonalAccessKey } from './Mutation/createPersonalAccessKey.js';
import { createServiceAccount } from './Mutation/createServiceAccount.js';
import { declineInvitation } from './Mutation/declineInvitation.js';
import { denyDeviceLogin } from './Mutation/denyDeviceLogin.js';
import { disableServiceAccount } from './Mutation/disableServiceAccount.js';
import { disableUser } from './Mutation/disableUser.js';
import { enableUser } from './Mutation/enableUser.js';
import { exchangePersonalAccessKey } from './Mutation/exchangePersonalAccessKey.js';
import { exchangeToken } from './Mutation/exchangeToken.js';
import { inviteGroupMember } from './Mutation/inviteGroupMember.js';
import { issueMandate } from './Mutation/issueMandate.js';
import { issueServiceToken } from './Mutation/issueServiceToken.js';
import { leaveGroup } from './Mutation/leaveGroup.js';
import { logIn } from './Mutation/logIn.js';
import { logOut } from './Mutation/logOut.js';
import { pollDeviceLogin } from './Mutation/pollDeviceLogin.js';
import { refreshSession } from './Mutation/refreshSession.js';
import { regenerateRecoveryCodes } from './Mutation/regenerateRecoveryCodes.js';
import { registerUser } from './Mutation/registerUser.js';
import { removeGroupMember } from './Mutation/removeGroupMember.js';
import { renameGroup } from './Mutation/renameGroup.js';
import { replaceTotp } from './Mutation/replaceTotp.js';
import { restoreGroup } from './Mutation/restoreGroup.js';
import { revokeMandate } from './Mutation/revokeMandate.js';
import { revokeOtherSessions } from './Mutation/revokeOtherSessions.js';
import { revokePersonalAccessKey } from './Mutation/revokePersonalAccessKey.js';
import { revokeSession } from './Mutation/revokeSession.js';
import { rotateKeyEncryptionKey } from './Mutation/rotateKeyEncryptionKey.js';
import { rotateServiceAccountSecret } from './Mutation/rotateServiceAccountSecret.js';
import { rotateSigningKey } from './Mutation/rotateSigningKey.js';
import { setGroupRole } from './Mutation/setGroupRole.js';
import { setOperator } from './Mutation/setOperator.js';
import { startDeviceLogin } from './Mutation/startDeviceLogin.js';
import { withdrawInvitation } from './Mutation/withdrawInvitation.js';
import { withdrawServiceAccountSecret } from './Mutation/withdrawServiceAccountSecret.js';
import { PersonalAccessKey } from './PersonalAccessKey.js';
import { audit } from './Query/audit.js';
import { deviceLogin } from './Query/deviceLogin.js';
import { group } from './Query/group.js';
import { serviceAccounts } from './Query/serviceAccounts.js';
import { signingKeys } from './Query/signingKeys.js';
import { user } from './Query/user.js';
import { viewer } from './Query/viewer.js';
import { ServiceAccount } from './ServiceAccount.js';
import { User } from './User.js';
import { Viewer } from './Viewer.js';

/** Identity's resolvers, by type and field. */
export const resolvers = {
  Query: { viewer, user, group, deviceLogin, serviceAccounts, signingKeys, audit },
  Mutation: {
    registerUser,
    confirmTotp,
    logIn,
    refreshSession,
    logOut,
    revokeSession,
    revokeOtherSessions,
    changePassword,
    replaceTotp,
    regenerateRecoveryCodes,
    startDeviceLogin,
    approveDeviceLogin,
    denyDeviceLogin,
    pollDeviceLogin,
    issueServiceToken,
    exchangeToken,
    createGroup,
    addGroupMember,
    removeGroupMember,
    setGroupRole,
    createServiceAccount,
    rotateServiceAccountSecret,
    withdrawServiceAccountSecret,
    disableServiceAccount,
    createPersonalAccessKey,
    revokePersonalAccessKey,
    exchangePersonalAccessKey,
    rotateSigningKey,
    rotateKeyEncryptionKey,
    issueMandate,
    revokeMandate,
    leaveGroup,
    renameGroup,
    archiveGroup,
    restoreGroup,
    inviteGroupMember,
    acceptInvitation,
    declineInvitation,
    withdrawInvitation,
    disableUser,
    enableUser,
    setOperator,
  },
  Viewer,
  User,
  DeviceLogin,
  Group,
  GroupInvitation,
  GroupMember,
  PersonalAccessKey,
  ServiceAccount,
} satisfies RequiredResolvers<Resolvers>;
