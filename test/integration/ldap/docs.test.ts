import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentityHarness } from '../../identity/support/identityHarness.js';
import { mutate } from '../../identity/support/mutate.js';
import { startSlapd, tree } from '../services/slapd.js';

it('the example in docs/directory.md configures identity for a directory', async () => {
  const page = readFileSync(join(packageRoot, 'docs', 'directory.md'), 'utf8');
  const example = /^```sh\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
  const variables = Object.fromEntries(
    [...example.matchAll(/^(\w+)='([^']*)'$/gm)].map(([, name = '', value]) => [name, value]),
  );
  expect(Object.keys(variables)).toHaveLength(8);
  const slapd = await startSlapd();
  await slapd.addPerson('alice');
  const member = tree.personOf('alice');
  await slapd.add(tree.groupOf('lab'), { objectClass: 'groupOfNames', cn: 'lab', member });
  await slapd.add(tree.groupOf('lab-heads'), { objectClass: 'groupOfNames', cn: 'lab-heads', member });
  const identity = await startIdentityHarness(
    readIdentityConfig({
      ...variables,
      // What is another on every machine.
      IDENTITY_LDAP_URL: slapd.ldaps,
      IDENTITY_LDAP_CA_FILE: slapd.caFile,
      IDENTITY_LDAP_BIND_PASSWORD: tree.reader.password,
    }),
  );
  const credentials = { username: 'alice', password: 'alice-password', code: '' };
  const outcome = await mutate(identity, 'logIn', credentials, 'accessToken', null);
  expect(outcome.payload?.refusal?.code).toBe('TOTP_REQUIRED');
  expect(
    await identity.sql(
      'SELECT name, role, source FROM group_member JOIN "group" ON "group".id = group_id WHERE source = \'DIRECTORY\'',
    ),
  ).toEqual([{ name: 'Physics Lab', role: 'ADMIN', source: 'DIRECTORY' }]);
  await identity.stop();
  await slapd.stop();
});
