import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder, ofKind } from './manifests.js';

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly items?: readonly { readonly key: string }[] };
  readonly configMap?: { readonly name: string };
}
interface PodSpec {
  readonly containers: readonly {
    readonly name: string;
    readonly env?: readonly { readonly valueFrom: { readonly secretKeyRef: { name: string; key: string } } }[];
    readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  }[];
  readonly volumes: readonly Volume[];
}

/** What kustomize makes of files beside the manifests. */
const GENERATED = 'config map configuration';

/**
 * The secrets and config maps that the manifests need of the operator, `secret NAME` or `config map NAME`, with the keys that they use: those
 * of variables, those that a volume picks, and the files of whole volumes that the service's configuration names.
 */
export function usedObjects(): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  const use = (object: string, keys: readonly string[]): void => {
    if (object !== GENERATED) used.set(object, new Set([...(used.get(object) ?? []), ...keys]));
  };
  for (const { spec } of ofKind('Deployment')) {
    const pod = (spec as { template: { spec: PodSpec } }).template.spec;
    for (const container of pod.containers) {
      for (const { valueFrom } of container.env ?? []) {
        use(`secret ${valueFrom.secretKeyRef.name}`, [valueFrom.secretKeyRef.key]);
      }
      const configuration = readFileSync(join(folder, 'configuration', `${container.name}.yaml`), 'utf8');
      for (const { name, secret, configMap } of pod.volumes) {
        const path = container.volumeMounts.find((mount) => mount.name === name)?.mountPath ?? '';
        const named = [...configuration.matchAll(/: (\/\S+)$/gm)]
          .map(([, file = '']) => file)
          .filter((file) => file.startsWith(`${path}/`))
          .map((file) => file.slice(path.length + 1));
        if (secret !== undefined) use(`secret ${secret.secretName}`, secret.items?.map(({ key }) => key) ?? named);
        if (configMap !== undefined) use(`config map ${configMap.name}`, named);
      }
    }
  }
  for (const { spec, metadata } of ofKind('Ingress')) {
    // The keys of a secret of type kubernetes.io/tls, and the one by which ingress-nginx knows an authority.
    for (const { secretName } of (spec as { tls: { secretName: string }[] }).tls)
      use(`secret ${secretName}`, ['tls.crt', 'tls.key']);
    const [, name] = (metadata.annotations?.['nginx.ingress.kubernetes.io/proxy-ssl-secret'] ?? '').split('/');
    use(`secret ${name}`, ['ca.crt']);
  }
  return used;
}
