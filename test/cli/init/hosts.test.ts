import { describe, expect, it } from 'vitest';
import { parseHosts } from '../../../cli/init/hosts.js';

const others = 'accounting=b,storage=c,compute=d,access=e,gateway=f';

describe('--hosts', () => {
  it('takes names and addresses, ports, and further names', () => {
    const places = parseHosts(
      'identity=Id.Example.org, access=id.example.org, accounting=10.0.0.5:4100+usage.example.org+[2001:DB8::2], storage=[2001:db8::1]:4103,compute=[::1],gateway=gw-1',
    );
    expect(places).toEqual({
      identity: { host: 'id.example.org', port: 4001, names: [] },
      access: { host: 'id.example.org', port: 4005, names: [] },
      accounting: { host: '10.0.0.5', port: 4100, names: ['usage.example.org', '2001:db8::2'] },
      storage: { host: '2001:db8::1', port: 4103, names: [] },
      compute: { host: '::1', port: 4004, names: [] },
      gateway: { host: 'gw-1', port: 4000, names: [] },
    });
  });

  it.each([
    ['', 'there is no service ""'],
    [`identty=a,${others}`, 'there is no service "identty"; did you mean identity'],
    ['identity=a', 'accounting, storage, compute, access, gateway must have a host, too'],
    [`identity,${others}`, '"identity" names no host; write SERVICE=HOST[:PORT][+NAME...]'],
    [`identity=,${others}`, '"" is no host; an IPv6 address stands in brackets'],
    [`identity=a,identity=b,${others}`, "identity is named twice; its replicas' hosts are names behind a +"],
    [`identity=2001:db8::1,${others}`, '"2001:db8::1" is no host; an IPv6 address stands in brackets'],
    [`identity=https://a,${others}`, '"https://a" is no host; an IPv6 address stands in brackets'],
    [`identity=a:0,${others}`, 'identity has the port 0; it must be 1 to 65535'],
    [`identity=a:65536,${others}`, 'identity has the port 65536; it must be 1 to 65535'],
    [`identity=a:x,${others}`, '"a:x" is no host; an IPv6 address stands in brackets'],
    [`identity=0.0.0.0,${others}`, '0.0.0.0 is no address that others can call'],
    [`identity=[::],${others}`, ':: is no address that others can call'],
    [`identity=../etc,${others}`, '"../etc" is no host name and no IP address'],
    [`identity=a/b,${others}`, '"a/b" is no host name and no IP address'],
    [`identity=-a,${others}`, '"-a" is no host name and no IP address'],
    [`identity=10.0.0.256,${others}`, '"10.0.0.256" is no host name and no IP address'],
    [`identity=*.example.org,${others}`, '"*.example.org" is no host name and no IP address'],
    [`identity=a+,${others}`, '"" is no host name and no IP address'],
    [`identity=${'a.'.repeat(127)}a,${others}`, /^--hosts: "(a\.)+a" is no host name and no IP address\.$/],
    [`identity=b:4002,${others}`, 'identity and accounting cannot both have port 4002 of b'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseHosts(text)).toThrow(typeof reason === 'string' ? `--hosts: ${reason}.` : reason);
  });
});
