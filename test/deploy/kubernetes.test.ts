import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { packageRoot, packageVersion } from '../../platform/kernel/packageRoot.js';
import { callersOf, peersOf, type ServiceName, serviceNames, subgraphNames } from '../../platform/kernel/services.js';
import { folder, type Manifest, manifests, ofKind } from './support/manifests.js';
import { schemaFaults } from './support/schemaFaults.js';
import { typeFaults } from './support/typeFaults.js';

const run = promisify(execFile);
const clients: readonly ServiceName[] = ['gateway', 'accounting', 'storage'];

interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string; readonly scheme: string };
}
interface Container {
  readonly image: string;
  readonly args: readonly string[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env?: readonly { readonly name: string }[];
  readonly securityContext: object;
  readonly resources: { readonly requests: object; readonly limits: { readonly memory?: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly startupProbe: Probe;
  readonly livenessProbe: Probe;
  readonly readinessProbe: Probe;
}
interface PodSpec {
  readonly enableServiceLinks: boolean;
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: object;
  readonly containers: readonly [Container];
  readonly volumes: readonly { readonly name: string }[];
}

const named = (kind: string, name: string): Manifest => {
  const found = ofKind(kind).filter(({ metadata }) => metadata.name === name);
  expect(found, `${kind} ${name}`).toHaveLength(1);
  return found[0] as Manifest;
};
const podOf = (service: ServiceName): PodSpec =>
  (named('Deployment', service).spec as { template: { spec: PodSpec } }).template.spec;
const configurationOf = (service: ServiceName) =>
  parse(readFileSync(join(folder, 'configuration', `${service}.yaml`), 'utf8')) as Record<
    string,
    Record<string, unknown>
  >;
const labelsOf = (service: string) => ({
  'app.kubernetes.io/name': service,
  'app.kubernetes.io/part-of': 'tollgate',
});

describe('the manifests', () => {
  it('are what Kubernetes takes, by its own schemas', () => {
    expect(schemaFaults(manifests)).toEqual([]);
  });

  it('have no key that Kubernetes does not know, and no value of another type', () => {
    expect(typeFaults(manifests)).toEqual([]);
  });

  it('would not pass with a key misspelt, one missing, or a value of another type', () => {
    const [deployment] = ofKind('Deployment');
    const broken = (change: (spec: Record<string, unknown>) => void): readonly Manifest[] => {
      const copy = structuredClone(deployment) as Manifest & { spec: Record<string, unknown> };
      change(copy.spec);
      return [copy];
    };
    const misspelt = broken((spec) => Object.assign(spec, { replica: 2 }));
    expect(typeFaults(misspelt)).toEqual([expect.stringContaining('"replica"')]);
    expect(schemaFaults(broken((spec) => delete spec['selector']))).toEqual([expect.stringContaining('selector')]);
    expect(schemaFaults(broken((spec) => Object.assign(spec, { replicas: '2' })))).toEqual([
      expect.stringContaining('/spec/replicas'),
    ]);
  });

  it('are all named by the kustomization, with every file that it names there', () => {
    const { resources, configMapGenerator, images } = parse(
      readFileSync(join(folder, 'kustomization.yaml'), 'utf8'),
    ) as {
      resources: string[];
      configMapGenerator: { name: string; files: string[] }[];
      images: { name: string; newTag: string }[];
    };
    const there = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kustomization.yaml');
    expect([...resources].sort()).toEqual(there.sort());
    expect(configMapGenerator.map(({ name }) => name)).toEqual(['configuration']);
    const configurations = readdirSync(join(folder, 'configuration')).map((name) => `configuration/${name}`);
    expect([...(configMapGenerator[0]?.files ?? [])].sort()).toEqual(configurations.sort());
    expect(images).toMatchObject([{ name: 'tollgate', newTag: packageVersion }]);
  });

  it('have one Deployment, Service, PodDisruptionBudget and NetworkPolicy for each service', () => {
    for (const kind of ['Deployment', 'Service', 'PodDisruptionBudget', 'NetworkPolicy']) {
      expect(ofKind(kind).map(({ metadata }) => metadata.name)).toHaveLength(serviceNames.length);
      for (const service of serviceNames) {
        expect(named(kind, service).metadata.labels, kind).toEqual(labelsOf(service));
      }
    }
  });
});

describe.each(serviceNames)('%s', (service) => {
  const pod = podOf(service);
  const [container] = pod.containers;

  it('runs as nobody in particular, with nothing that it does not need', () => {
    expect(pod.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 10_001,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(pod.automountServiceAccountToken).toBe(false);
    // The image's own user.
    expect(readFileSync(join(packageRoot, 'deploy', 'container', 'Dockerfile'), 'utf8')).toContain('USER 10001');
    expect(container.resources.requests).toMatchObject({ cpu: expect.any(String), memory: expect.any(String) });
    expect(container.resources.limits.memory).toMatch(/^[0-9]+[MG]i$/);
  });

  it('has two replicas, one of which is always there, and time to end', () => {
    expect(named('Deployment', service).spec).toMatchObject({
      replicas: 2,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      selector: { matchLabels: labelsOf(service) },
    });
    expect(named('PodDisruptionBudget', service).spec).toEqual({
      minAvailable: 1,
      selector: { matchLabels: labelsOf(service) },
    });
    const { general } = configurationOf(service);
    const drainSeconds = Number(general?.['drainSeconds']);
    // Chains are handed over, requests in flight have their deadline of ten seconds.
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(drainSeconds + 30);
    const { periodSeconds, failureThreshold } = container.readinessProbe as unknown as Record<string, number>;
    expect(Number(periodSeconds) * Number(failureThreshold)).toBeLessThan(drainSeconds);
  });

  it('runs this version, and gets no variables from Kubernetes that are settings of its own', () => {
    expect(container.image).toBe(`tollgate:${packageVersion}`);
    expect(pod.enableServiceLinks).toBe(false);
  });

  it('has one port everywhere', () => {
    const { port } = configurationOf(service)[service] as { port: number };
    expect(container.ports).toEqual([{ name: 'https', containerPort: port }]);
    expect(named('Service', service).spec).toEqual({
      selector: labelsOf(service),
      ports: [{ name: 'https', port, targetPort: 'https' }],
    });
    for (const probe of [container.startupProbe, container.livenessProbe, container.readinessProbe]) {
      expect(probe.httpGet).toMatchObject({ port: 'https', scheme: 'HTTPS' });
    }
    for (const peer of peersOf[service]) {
      const { url } = configurationOf(service)[peer] as { url: string };
      expect(url).toBe(`https://${peer}.tollgate.svc:${configurationOf(peer)[peer]?.['port']}`);
    }
  });

  // A pod that waits for identity, or drains, is alive and not ready: it must get no requests, and must not be killed.
  it('is killed where it does not live, and gets no requests where it is not ready', () => {
    expect(container.startupProbe.httpGet.path).toBe('/health/live');
    expect(container.livenessProbe.httpGet.path).toBe('/health/live');
    expect(container.readinessProbe.httpGet.path).toBe('/health/ready');
  });

  it('is reached by its callers alone, and reaches its peers', () => {
    const { ingress, egress } = named('NetworkPolicy', service).spec as {
      ingress: { from: { podSelector?: { matchLabels: object }; namespaceSelector?: object }[] }[];
      egress: { to?: { podSelector?: { matchLabels: Record<string, string> } }[] }[];
    };
    const callers = service === 'gateway' ? [] : callersOf(service);
    const from = ingress.flatMap((rule) => rule.from);
    const pods = from.flatMap(({ podSelector }) => (podSelector === undefined ? [] : [podSelector.matchLabels]));
    expect(pods).toHaveLength(callers.length);
    expect(pods).toEqual(expect.arrayContaining(callers.map(labelsOf)));
    expect(from.some(({ namespaceSelector }) => namespaceSelector !== undefined)).toBe(clients.includes(service));
    const reached = egress
      .flatMap(({ to }) => to ?? [])
      .flatMap(({ podSelector }) => podSelector?.matchLabels['app.kubernetes.io/name'] ?? []);
    expect(reached.sort()).toEqual([...peersOf[service]].sort());
  });

  it('mounts what its configuration names, and every volume', async () => {
    const paths = container.volumeMounts.map(({ mountPath }) => mountPath);
    expect(container.volumeMounts.map(({ name }) => name).sort()).toEqual(pod.volumes.map(({ name }) => name).sort());
    const text = readFileSync(join(folder, 'configuration', `${service}.yaml`), 'utf8');
    const files = [...text.matchAll(/: (\/[^\s]+)$/gm)].map(([, path = '']) => path);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files)
      expect(
        paths.some((path) => file === path || file.startsWith(`${path}/`)),
        file,
      ).toBe(true);
    expect(container.args).toEqual(['start', service, '--config', `/etc/tollgate/configuration/${service}.yaml`]);
  });

  it('has a configuration and variables that the program takes', async () => {
    const variables = Object.fromEntries(
      (container.env ?? []).map(({ name }) => [
        name,
        'postgresql://role:password@db.example.org/tollgate?sslmode=verify-full',
      ]),
    );
    const file = join(folder, 'configuration', `${service}.yaml`);
    const { stdout } = await run(
      process.execPath,
      [join(packageRoot, 'cli', 'tollgate.mjs'), 'configuration', 'show', '--json', '--config', file],
      { env: { PATH: process.env['PATH'], ...variables } },
    );
    const shown = JSON.parse(stdout) as { variable: string; source: string }[];
    const told = shown.filter(({ source }) => source === 'environment').map(({ variable }) => variable);
    expect(told.sort()).toEqual(Object.keys(variables).sort());
    expect(told).toHaveLength(subgraphNames.some((name) => name === service) ? 2 : 0);
  });
});

it('clients reach the graph, files and usage from outside, and no calls between services', () => {
  const paths = ofKind('Ingress').flatMap(({ spec }) =>
    (
      spec as {
        rules: {
          host: string;
          http: { paths: { path: string; backend: { service: { name: ServiceName; port: { name: string } } } }[] };
        }[];
      }
    ).rules.flatMap(({ host, http }) =>
      http.paths.map(({ path, backend }) => [host, path, backend.service.name, backend.service.port.name]),
    ),
  );
  expect(paths).toEqual([
    ['tollgate.example.org', '/', 'gateway', 'https'],
    ['files.example.org', '/data', 'storage', 'https'],
    ['usage.example.org', '/usage', 'accounting', 'https'],
  ]);
});

it.each(clients)('the ingress controller sends what clients say to %s alone', (service) => {
  const annotations = named('Ingress', service).metadata.annotations ?? {};
  const prefix = 'nginx.ingress.kubernetes.io';
  expect(annotations).toMatchObject({
    [`${prefix}/backend-protocol`]: 'HTTPS',
    [`${prefix}/proxy-ssl-verify`]: 'on',
    [`${prefix}/proxy-ssl-secret`]: 'tollgate/internal-ca',
    [`${prefix}/proxy-ssl-name`]: `${service}.tollgate.internal`,
  });
  expect(readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8')).toContain(
    '| secret `internal-ca` | `ca.crt`',
  );
});
