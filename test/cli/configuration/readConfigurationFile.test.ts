import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../cli/configuration/configurationError.js';
import { firstConfiguration } from '../../../cli/configuration/firstConfiguration.js';
import { readConfigurationFile } from '../../../cli/configuration/readConfigurationFile.js';
import { settings } from '../../../cli/configuration/sections.js';

const read = (content: string) => {
  const { entries, faults } = readConfigurationFile(content, 'tollgate.yaml');
  if (faults.length > 0) throw new ConfigurationError(faults);
  return entries;
};
const textsOf = (content: string) => Object.fromEntries([...read(content)].map(([name, { text }]) => [name, text]));

describe('a configuration file', () => {
  it('gives each key the text that its variable would have', () => {
    expect(
      textsOf(`
general:
  host: 0.0.0.0
  trustedProxies: [10.0.0.0/8, "::1"]
gateway: { port: 8080, ui: false, introspection: true }
storage:
  capacityBytes: 123456789012345678
identity:
  ldap:
    startTls: false
    groups:
      - { dn: "cn=a,dc=b", group: A, role: ADMIN }
`),
    ).toEqual({
      TOLLGATE_HOST: '0.0.0.0',
      TOLLGATE_TRUSTED_PROXIES: '10.0.0.0/8,::1',
      TOLLGATE_PORT: '8080',
      TOLLGATE_UI: 'off',
      TOLLGATE_INTROSPECTION: 'on',
      STORAGE_CAPACITY_BYTES: '123456789012345678',
      IDENTITY_LDAP_STARTTLS: '0',
      IDENTITY_LDAP_GROUPS: '[{"dn":"cn=a,dc=b","group":"A","role":"ADMIN"}]',
    });
  });

  it.each(['', '# nothing\n', 'gateway:\n', 'identity:\n  ldap:\n', 'gateway:\n  port:\n', '---\n'])(
    'sets nothing where it says nothing: %j',
    (content) => {
      expect(read(content).size).toBe(0);
    },
  );

  it.each<[string, string, readonly string[]]>([
    ['an unknown section', 'gatway:\n  port: 1\n', ['tollgate.yaml:1: there is no key gatway; did you mean gateway.']],
    [
      'an unknown key, with the near one',
      'gateway:\n  prot: 1\n',
      ['tollgate.yaml:2: there is no key gateway.prot; did you mean port.'],
    ],
    [
      'an unknown key, far from all',
      'gateway:\n  xyzzyplugh: 1\n',
      ['tollgate.yaml:2: there is no key gateway.xyzzyplugh.'],
    ],
    ['a text for a number', 'gateway:\n  port: many\n', ['tollgate.yaml:2: gateway.port must be a whole number.']],
    ['a fraction for a number', 'gateway:\n  port: 1.5\n', ['tollgate.yaml:2: gateway.port must be a whole number.']],
    [
      'a number for a text',
      'general:\n  host: 5\n',
      ['tollgate.yaml:2: general.host must be a text; put it in quotes.'],
    ],
    ['a word for a switch', 'gateway:\n  ui: perhaps\n', ['tollgate.yaml:2: gateway.ui must be true or false.']],
    [
      'a text for a list',
      'general:\n  trustedProxies: 10.0.0.0/8\n',
      ['tollgate.yaml:2: general.trustedProxies must be a list of texts without commas.'],
    ],
    [
      'a map for a list',
      'identity:\n  ldap:\n    groups: { a: 1 }\n',
      ['tollgate.yaml:3: identity.ldap.groups must be a list.'],
    ],
    ['a value for a section', 'gateway: 4000\n', ['tollgate.yaml:1: gateway must have keys of its own, such as port.']],
    ['a list for everything', '- gateway\n', ['tollgate.yaml:1: the file must have keys, such as general.']],
    [
      'everything that is wrong, not the first alone',
      'gateway:\n  prot: 1\n  ui: 7\n',
      [
        'tollgate.yaml:2: there is no key gateway.prot; did you mean port.',
        'tollgate.yaml:3: gateway.ui must be true or false.',
      ],
    ],
    [
      'a key that stands twice',
      'gateway:\n  port: 1\n  port: 2\n',
      ['tollgate.yaml:3: this is not valid YAML (DUPLICATE_KEY); correct the line.'],
    ],
    ['no YAML', 'gateway: [1\n', ['tollgate.yaml:2: this is not valid YAML (BAD_INDENT); correct the line.']],
  ])('is refused with file, line and key: %s', (_what, content, faults) => {
    expect(() => read(content)).toThrow(expect.objectContaining({ faults }));
  });

  it('quotes no value, which may be a secret', () => {
    expect(() => read('identity:\n  databaseUrl: [hunter2]\n')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('the file that the first start writes', () => {
  it('sets nothing', () => {
    expect(read(firstConfiguration()).size).toBe(0);
  });

  it('explains every key, with its variable, in a line that is valid without its #', () => {
    const text = firstConfiguration();
    for (const { variable, about } of settings) {
      expect(text).toContain(about);
      expect(text).toContain(`[${variable}]`);
    }
    const all = read(text.replaceAll(/^( +)# (\w+: .*)$/gm, '$1$2'));
    const wordy = settings.filter(({ example, otherwise }) => example === undefined && !/^\S+$/.test(otherwise));
    expect(wordy.map(({ key }) => key)).toEqual([]);
    expect([...all.keys()].sort()).toEqual(settings.map(({ variable }) => variable).sort());
  });
});
