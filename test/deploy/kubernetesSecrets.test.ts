import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { documentedObjects } from './support/documentedObjects.js';
import { ofKind } from './support/manifests.js';
import { usedObjects } from './support/usedObjects.js';

const sorted = (objects: Iterable<readonly [string, Iterable<string>]>) =>
  Object.fromEntries([...objects].map(([name, keys]) => [name, [...keys].sort()]));

it('docs/operations.md has made each secret and config map with the keys that the manifests use, and no other', () => {
  const documented = documentedObjects();
  // Two for each of six services, five databases, three of clients, one of the ingress controller, and the public keys.
  expect(documented).toHaveLength(22);
  expect(sorted(usedObjects())).toEqual(sorted(documented.map(({ object, keys }) => [object, keys])));
});

it("the database's authority is mounted where docs/operations.md has the address name it", () => {
  const page = readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const [, section = ''] = page.split('\n## Kubernetes\n');
  const [, file] = /sslrootcert=([^`&]+)/.exec(section) ?? [];
  const mounted = ofKind('Deployment').flatMap(({ spec }) => {
    const { containers, volumes } = (spec as { template: { spec: PodSpec } }).template.spec;
    return volumes
      .filter(({ name }) => name === 'database-ca')
      .flatMap(({ name, secret }) =>
        secret.items.map(({ path }) => {
          const mount = containers[0].volumeMounts.find((one) => one.name === name);
          return join(mount?.mountPath ?? '', path);
        }),
      );
  });
  expect(mounted).toEqual(Array.from({ length: 5 }, () => file));
});

interface PodSpec {
  readonly containers: readonly [{ readonly volumeMounts: readonly { name: string; mountPath: string }[] }];
  readonly volumes: readonly { readonly name: string; readonly secret: { items: readonly { path: string }[] } }[];
}
