import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aesgcm256 } from '../../../acct/crypto/aesgcm256.js';
import { fernet } from '../../../acct/crypto/fernet.js';
import { encodeMsgpack } from '../../../acct/document/msgpack/encode.js';
import { readYaml } from '../../../acct/document/yaml/read.js';
import { writeYaml } from '../../../acct/document/yaml/write.js';
import { open, seal } from '../../../acct/sealed.js';
import { document } from '../../acct/support/arbitraries.js';
import { golden } from '../../acct/support/golden.js';
import { makeWorkspace, type Workspace } from '../../acct/support/workspace.js';

/** Runs Python of the system: arguments in, text out. */
function python(program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync('/usr/bin/python3', ['-c', program, ...words], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr);
  return stdout;
}

/** What encrypt of the Python tool does: YAML, msgpack, Fernet. */
const ENCRYPT = `
import sys, yaml, msgpack
from cryptography.fernet import Fernet
doc = yaml.safe_load(open(sys.argv[1]).read())
open(sys.argv[3], "wb").write(Fernet(sys.argv[2]).encrypt(msgpack.packb(doc)))
`;
/** What decrypt does; each value is shown with its type. */
const DECRYPT = `
import sys, msgpack
from cryptography.fernet import Fernet
print(repr(msgpack.unpackb(Fernet(sys.argv[2]).decrypt(open(sys.argv[1], "rb").read()))))
`;

const YAML = `
provider:
  profile_name:
    username: alice
    yes_: yes
    octal: 0777
    time: 1:20
    grouped: 1_000
    text: "yes"
    exponent: 1e3
    one: 1.0
    infinite: .inf
    nothing: ~
    big: 18446744073709551615
    small: -9223372036854775808
    list: [1, 1.0, -0.0, é, "\\U0001F600"]
    key: |
      -----BEGIN-----
      abc
      -----END-----
`;

describe('the Python tool', () => {
  let workspace: Workspace;
  beforeEach(async () => {
    workspace = await makeWorkspace();
  });
  afterEach(() => workspace.remove());

  it('reads what tollgate encrypted', async () => {
    const file = await workspace.write('creds.yaml', YAML);
    const { stdout } = await workspace.acct(['encrypt', file]);
    const shown = python(DECRYPT, `${file}.fernet`, stdout.trim());
    expect(shown).toBe(python('import sys, yaml; print(repr(yaml.safe_load(open(sys.argv[1]).read())))', file));
    expect(shown).toContain("'one': 1.0, 'infinite': inf, 'nothing': None, 'big': 18446744073709551615");
  });

  it('writes what tollgate decrypts, to the same document', async () => {
    const file = await workspace.write('creds.yaml', YAML);
    const key = python('from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())').trim();
    python(ENCRYPT, file, key, workspace.path('python.fernet'));
    expect(open(await readFile(workspace.path('python.fernet')), [key], fernet)).toStrictEqual(readYaml(YAML));
    for (const output of ['yaml', 'json']) {
      const { stdout } = await workspace.acct(['decrypt', 'python.fernet', '--acct-key', key, '--output', output]);
      const again = await workspace.write('again', stdout);
      // JSON has no infinity: it is refused, never written as something else.
      if (output === 'json') expect(stdout).toBe('');
      else
        expect(
          python(
            'import sys, yaml; print(yaml.safe_load(open(sys.argv[1])) == yaml.safe_load(open(sys.argv[2])))',
            file,
            again,
          ),
        ).toBe('True\n');
    }
  });

  it('opens the golden token, and makes the same msgpack', () => {
    expect(
      python(
        'import sys; from cryptography.fernet import Fernet; print(Fernet(sys.argv[1]).decrypt(sys.argv[2].encode()).hex())',
        golden.key,
        golden.token,
      ).trim(),
    ).toBe(Buffer.from(encodeMsgpack(golden.document)).toString('hex'));
  });

  it('understands AES-256-GCM both ways', async () => {
    const key = aesgcm256.generateKey();
    await writeFile(workspace.path('sealed'), seal(golden.document, key, aesgcm256));
    const program = `
import sys, base64, msgpack
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
cipher = AESGCM(base64.b64decode(sys.argv[1]))
data = open(sys.argv[2], "rb").read()
doc = msgpack.unpackb(cipher.decrypt(data[:12], data[12:], None))
open(sys.argv[2], "wb").write(b"abcdefghijkl" + cipher.encrypt(b"abcdefghijkl", msgpack.packb(doc), None))
`;
    python(program, key, workspace.path('sealed'));
    expect(open(await readFile(workspace.path('sealed')), [key], aesgcm256)).toEqual(golden.document);
  });

  it('agrees on any document: Python unpacks our msgpack to what it packs to the same bytes, and reads our YAML to it', async () => {
    const documents = fc.sample(document, { numRuns: 200, seed: 20_261_121 });
    const lines = documents.map((given) =>
      [Buffer.from(encodeMsgpack(given)).toString('hex'), Buffer.from(writeYaml(given)).toString('base64')].join(' '),
    );
    const file = await workspace.write('documents', lines.join('\n'));
    const program = `
import sys, base64, msgpack, yaml
for number, line in enumerate(open(sys.argv[1])):
    packed, text = line.split()
    doc = msgpack.unpackb(bytes.fromhex(packed), strict_map_key=False)
    if msgpack.packb(doc).hex() != packed: print("msgpack", number, packed)
    if msgpack.packb(yaml.safe_load(base64.b64decode(text).decode())).hex() != packed: print("yaml", number, base64.b64decode(text))
`;
    expect(python(program, file)).toBe('');
  });

  it('resolves every plain scalar alike', async () => {
    const words =
      'yes No TRUE on Off y ~ null NULL 0 00 07 08 0777 -010 +1 0o7 0x1f 0xG 0b11 0b2 1_000 _1 1_ 1:20 1:2:3 -1:59 1:60 0:1 1. 1.0 .5 . -.5 +.inf .INF -.nan 1e3 1.0e3 1.0e+3 1.5E-3 1:20.5 190:20:30.15 685_230.15 1..2 = << 2020-1-1 12e03 0x_1 0b_1 +0x10 -0b1 0.1_5 18446744073709551615 -9223372036854775808 a:b 1,000'.split(
        ' ',
      );
    const program = `
import sys, json, yaml, msgpack
out = []
for word in json.loads(sys.argv[1]):
    try: out.append(msgpack.packb(yaml.safe_load("v: " + word)["v"]).hex())
    except Exception: out.append("refused")
print(json.dumps(out))
`;
    const ours = words.map((word) => {
      try {
        return Buffer.from(
          encodeMsgpack((readYaml(`v: ${word}`) as ReadonlyMap<string, never>).get('v') ?? null),
        ).toString('hex');
      } catch {
        return 'refused';
      }
    });
    const theirs = JSON.parse(python(program, JSON.stringify(words))) as readonly string[];
    expect(words.map((word, index) => `${word} ${ours[index]}`)).toEqual(
      words.map((word, index) => `${word} ${theirs[index]}`),
    );
  });
});
