import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/**
 * Whether a host, as settings and addresses write it, is this machine's own loopback. Of names only `localhost` is: where any
 * other leads is decided by whoever answers for it.
 */
export function isLoopbackHost(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const family = isIP(bare);
  if (family === 0) return /^localhost\.?$/i.test(bare);
  return loopback.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/** Whether an address (a URL) is on this machine's own loopback. @throws TypeError where it is no URL */
export const isLoopback = (address: string): boolean => isLoopbackHost(new URL(address).hostname);
