import { spawnSync } from 'node:child_process';

/** What the tests here need of Debian. */
const PACKAGES = [
  ...['postgresql', 'slapd', 'openssl', 'nginx-light', 'systemd'],
  ...['radosgw', 'ceph-mon', 'ceph-osd', 'ceph-mgr', 'ceph-common'],
  ...['python3-cryptography', 'python3-msgpack', 'python3-yaml'],
];
/** Another program may be installing at this moment. */
const LOCK_SECONDS_MAX = 600;

/**
 * Installs what is missing, before any test: as root itself, else through sudo without a password.
 * @throws an error that names the packages and the command where that is not possible
 */
export default function installDebianPackages(): void {
  const missing = PACKAGES.filter((name) => !isInstalled(name));
  if (missing.length === 0) return;
  process.stdout.write(`Installing ${missing.join(' ')} ...\n`);
  const install = ['install', '-y', '--no-install-recommends', '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS_MAX}`];
  if (aptGet(['update']) && aptGet([...install, ...missing])) return;
  throw new Error(`These tests need Debian's packages: apt-get install ${missing.join(' ')}`);
}

function isInstalled(name: string): boolean {
  const { stdout } = spawnSync('dpkg-query', ['-s', name], { encoding: 'utf8' });
  return /^Status: install ok installed$/m.test(stdout);
}

function aptGet(words: readonly string[]): boolean {
  const [command, ...before] = process.getuid?.() === 0 ? ['apt-get'] : ['sudo', '-n', 'apt-get'];
  const { status } = spawnSync(command ?? '', [...before, '-q', ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}
