/**
 * The network that failures are counted for: an IPv4 address, or the /64 of an IPv6 address, as one household or host
 * can use every address of it. Anything else is one network of its own kind.
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const plain = (mapped?.[1] ?? address).toLowerCase();
  if (/^\d+\.\d+\.\d+\.\d+$/.test(plain)) return plain;
  if (!/^[0-9a-f:.]+$/.test(plain) || !plain.includes(':')) return 'unknown';
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const gap = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length);
  const groups = [...before, ...Array<string>(gap).fill('0'), ...after];
  const network = groups.slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${network.join(':')}::/64`;
}
