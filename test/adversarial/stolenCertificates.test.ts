import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import { callersOf, type ServiceName, type SubgraphName, serviceNames } from '../../platform/kernel/services.js';
import { WRONG_SERVICE } from '../../platform/tls/peerTrouble.js';
import { openServiceTls } from '../../platform/tls/serviceTls.js';
import { type ListedRight, listedRights } from './support/listedRights.js';
import { operationsOf } from './support/operations.js';
import { othersThan } from './support/plainRoutes.js';
import { reachOf } from './support/reach.js';
import type { Belongings } from './support/tenantWorld.js';
import { type ForgedCall, startTlsMachines, type TlsMachines } from './support/tlsMachines.js';

/*
 * Somebody has stolen the certificate of one service with its private key, and the key that its calls are signed with, on an
 * installation that `tollgate init` made. For each of the six, at each other service:
 *   1. It is that service, where that one may call, and no other: whatever mixes certificates and assertions of two is refused, and
 *      so is either of them alone, and a certificate of the same name that another authority signed.
 *   2. What the README of another service lists is refused with this one's certificate, whoever signed the call.
 *   3. Whoever answers with it in the place of another service is sent nothing.
 * What the service itself may do is the containment test's to try.
 */

let machines: TlsMachines;
beforeAll(async () => {
  machines = await startTlsMachines();
});
afterAll(() => machines.stop());

const question = { method: 'POST', path: '/graphql', body: Buffer.from('{"query":"{ __typename }"}') } as const;
/** Signed by a service's own key in its own name. */
const genuine = (service: ServiceName) => ({ named: service, by: service });

const isTaken = async (call: ForgedCall): Promise<boolean> => {
  const { status, text } = await machines.call(call);
  if (status !== 401) return true;
  // Not for what it asks: for who asks.
  expect(text).toMatch(/This address takes calls from Tollgate services alone\./);
  return false;
};

const pairs = serviceNames.flatMap((thief) => othersThan(thief).map((at): [ServiceName, SubgraphName] => [thief, at]));

describe.each(pairs)('whoever has the certificate and keys of %s, at %s,', (thief, at) => {
  const others = serviceNames.filter((name) => name !== thief);

  it('is that service, where it may call', async () => {
    const call = { ...question, at, certificate: thief, assertion: genuine(thief) };
    expect(await isTaken(call)).toBe(callersOf(at).includes(thief));
  });

  it('is nobody by one of them alone', async () => {
    expect(await isTaken({ ...question, at, certificate: thief, assertion: null })).toBe(false);
    expect(await isTaken({ ...question, at, certificate: null, assertion: genuine(thief) })).toBe(false);
    expect(await isTaken({ ...question, at, certificate: null, assertion: null })).toBe(false);
    expect(await isTaken({ ...question, at, certificate: { foreign: thief }, assertion: genuine(thief) })).toBe(false);
  });

  it.each(others)(
    'is not %s: by its own signature, by that one’s assertion, or by that one’s certificate',
    async (other) => {
      const tries: readonly Pick<ForgedCall, 'certificate' | 'assertion'>[] = [
        { certificate: thief, assertion: { named: other, by: thief } },
        { certificate: thief, assertion: genuine(other) },
        { certificate: other, assertion: genuine(thief) },
        { certificate: other, assertion: { named: other, by: thief } },
      ];
      for (const one of tries) expect(await isTaken({ ...question, at, ...one }), JSON.stringify(one)).toBe(false);
    },
  );
});

describe.each(serviceNames)('whoever answers with the certificate of %s', (thief) => {
  it('is sent nothing that is for another service', async () => {
    const { certificateFile, keyFile } = machines.filesOf(thief);
    let received = 0;
    const impostor = createServer(
      { cert: await readFile(certificateFile), key: await readFile(keyFile) },
      (_call, answer) => {
        received += 1;
        answer.end();
      },
    ).listen(0, '127.0.0.1');
    await once(impostor, 'listening');
    const url = `https://127.0.0.1:${(impostor.address() as AddressInfo).port}/graphql`;
    const rules = { service: 'gateway', hosts: [] } as const;
    const caller = await openServiceTls({ files: machines.filesOf('gateway'), rules, tell: () => undefined });
    for (const called of serviceNames) {
      const answer = request(url, { dispatcher: caller.dispatcherOf(called), method: 'POST', body: '{}' });
      if (called === thief) expect((await answer).statusCode).toBe(200);
      else await expect(answer, called).rejects.toMatchObject({ code: WRONG_SERVICE });
    }
    expect(received).toBe(1);
    await caller.close();
    impostor.close();
    impostor.closeAllConnections();
  });
});

/** Names of things that nobody has: who asks is judged before what is asked for. */
const nobodys: Belongings = new Proxy({} as Belongings, {
  get: (_none, name) => newId(kinds[String(name)] ?? 'account'),
});
const kinds: Readonly<Record<string, Parameters<typeof newId>[0]>> = {
  driveId: 'drive',
  grantId: 'grant',
  holdId: 'hold',
  invoiceId: 'invoice',
  jobId: 'job',
  userId: 'user',
};

/** The call of what a README lists. */
function requestOf({ at, what }: ListedRight) {
  const [method, path = ''] = what.split(' ');
  if (method === 'GET')
    return { at, method, path: `${path}?after=0&waitMilliseconds=0`, body: null, kind: null } as const;
  const operation = operationsOf(at).find(({ name }) => name === what);
  if (operation === undefined) throw new Error(`${at} has no ${what}`);
  const { document, variables } = operation.call(nobodys);
  const body = Buffer.from(JSON.stringify({ query: document, variables }));
  return { at, method: 'POST', path: '/graphql', body, kind: operation.kind } as const;
}

const listing = serviceNames.filter((name) => listedRights(name).length > 0);
it('most services have rights elsewhere', () => {
  expect(listing.length).toBeGreaterThan(3);
});

describe.each(listing)('what the README of %s lists', (owner) => {
  const rights = listedRights(owner);
  const has = (service: ServiceName, { at, what }: ListedRight): boolean =>
    listedRights(service).some((right) => right.at === at && right.what === what);

  it('is its own by its own certificate', async () => {
    for (const right of rights) {
      const { kind: _kind, ...call } = requestOf(right);
      expect(await isTaken({ ...call, certificate: owner, assertion: genuine(owner) }), right.what).toBe(true);
    }
  });

  it.each(serviceNames.filter((name) => name !== owner))('is refused with the certificate of %s', async (thief) => {
    for (const right of rights.filter(({ at }) => at !== thief)) {
      const { kind, ...call } = requestOf(right);
      const named = `${right.what} at ${right.at}`;
      expect(await isTaken({ ...call, certificate: thief, assertion: genuine(owner) }), named).toBe(false);
      expect(await isTaken({ ...call, certificate: thief, assertion: { named: owner, by: thief } }), named).toBe(false);
      if (has(thief, right)) continue;
      const { status, text } = await machines.call({ ...call, certificate: thief, assertion: genuine(thief) });
      expect(kind === null ? status < 400 : status < 400 && reachOf(kind, text).reached, `${named}: ${text}`).toBe(
        false,
      );
    }
  });
});
