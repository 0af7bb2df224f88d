/** What a newcomer finds in the editor; comments fit into it where the window is 1,300 pixels wide. */
export const defaultQuery = `# Welcome to Tollgate.
#
# 1. Log in: fill in "Variables" below and press
#    the arrow. The one-time code comes from your
#    authenticator, or from:
#      npx tollgate totp SECRET
# 2. Put the accessToken into "Headers" below,
#    after "Bearer ".
# 3. Put the cursor into another operation and
#    press the arrow again.

mutation LogIn($username: String!, $password: String!, $code: String!) {
  logIn(input: { username: $username, password: $password, code: $code }) {
    accessToken
    expiresAt
    refusal { code message }
  }
}

query Me {
  viewer {
    user {
      id
      username
      accounts { nodes { id name balance { available { amount unit } } } }
      grants { nodes { id status offer { name } } }
    }
  }
}

query Offers {
  offers {
    nodes { id name kind price { amount unit } per }
  }
}
`;
