import { Deployment } from 'kubernetes-models/apps/v1';
import { Ingress, NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { Namespace, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import type { Manifest } from './manifests.js';

interface Model {
  validate(): void;
}

const models = {
  'apps/v1 Deployment': Deployment,
  'networking.k8s.io/v1 Ingress': Ingress,
  'networking.k8s.io/v1 NetworkPolicy': NetworkPolicy,
  'policy/v1 PodDisruptionBudget': PodDisruptionBudget,
  'v1 Namespace': Namespace,
  'v1 PersistentVolumeClaim': PersistentVolumeClaim,
  'v1 Service': Service,
} as unknown as Readonly<Record<string, new (data: Manifest) => Model>>;

/** What Kubernetes' own schemas (OpenAPI) find wrong: a key that is missing, a value of another type or form. */
export function schemaFaults(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap((manifest) => {
    const name = `${manifest.kind} ${manifest.metadata.name}`;
    const Kind = models[`${manifest.apiVersion} ${manifest.kind}`];
    if (Kind === undefined) return [`${name}: no schema for ${manifest.apiVersion}`];
    try {
      new Kind(manifest).validate();
      return [];
    } catch (error) {
      return [`${name}: ${error instanceof Error ? error.message : String(error)}`];
    }
  });
}
