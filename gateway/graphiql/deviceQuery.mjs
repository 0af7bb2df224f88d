/** What somebody finds in the editor who is to let a device in. */
export const deviceQuery = `# Let a device log in.
#
# 1. Log in: fill in "Variables" below and press
#    the arrow; put the accessToken into "Headers",
#    after "Bearer ".
# 2. Look at who asks. Are the check phrase and the
#    address those of the device in front of you?
# 3. Approve, or deny.

mutation LogIn($username: String!, $password: String!, $code: String!) {
  logIn(input: { username: $username, password: $password, code: $code }) {
    accessToken
    refusal { code message }
  }
}

query Look($userCode: String!) {
  deviceLogin(userCode: $userCode) {
    status
    checkPhrase
    clientName
    host
    ipAddress
    createdAt
    expiresAt
    scopes
  }
}

mutation Approve($userCode: String!) {
  approveDeviceLogin(input: { userCode: $userCode }) {
    deviceLogin { status }
    refusal { code message }
  }
}

mutation Deny($userCode: String!) {
  denyDeviceLogin(input: { userCode: $userCode }) {
    deviceLogin { status }
    refusal { code message }
  }
}
`;
