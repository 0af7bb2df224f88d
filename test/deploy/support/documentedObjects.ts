import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import { type ServiceName, serviceNames } from '../../../platform/kernel/services.js';

/** A secret or config map that docs/operations.md has made before the manifests are applied. */
export interface DocumentedObject {
  /** `secret NAME` or `config map NAME`. */
  readonly object: string;
  readonly keys: readonly string[];
  /** What the keys are made of, below the folder `machines` that `tollgate init` made; none: it is the operator's own. */
  readonly sources: readonly string[];
}

const quoted = (text: string): readonly string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, word = '']) => word);
/** What Kubernetes takes as a key, and no path, option or the like. */
const isKey = (word: string): boolean => /^[-._a-zA-Z0-9]+$/.test(word);

/** All of the table in the section on Kubernetes, with each service in the place of SERVICE. */
export function documentedObjects(): readonly DocumentedObject[] {
  const page = readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const [, section = ''] = page.split('\n## Kubernetes\n');
  const rows = [...section.matchAll(/^\| ((?:secret|config map)s? .*) \| (.*) \|$/gm)];
  return rows.flatMap(([, object = '', content = '']) => {
    const kind = object.startsWith('config map') ? 'config map' : 'secret';
    const [keys = '', ...rest] = content.split(': ');
    const templates = quoted(object).map((name) => ({
      object: `${kind} ${name}`,
      keys: quoted(keys).filter(isKey),
      sources: quoted(rest.join(': ')).filter((path) => path.startsWith('M/')),
    }));
    const services = object.includes('not for the gateway')
      ? serviceNames.filter((name) => name !== 'gateway')
      : serviceNames;
    return templates.flatMap((template) => withServices(template, services));
  });
}

/** One object of each service, or one that all have. */
function withServices(template: DocumentedObject, services: readonly ServiceName[]): readonly DocumentedObject[] {
  const of = (service: ServiceName) => (text: string) =>
    text.replace(/^M\//, `${service}.tollgate.svc/`).replaceAll('SERVICE', service);
  const each = services.map((service) => ({
    object: of(service)(template.object),
    keys: template.keys.map(of(service)),
    sources: template.sources.map(of(service)),
  }));
  if (template.object.includes('SERVICE')) return each;
  const all = (pick: (one: DocumentedObject) => readonly string[]) => [...new Set(each.flatMap(pick))];
  return [{ object: template.object, keys: all(({ keys }) => keys), sources: all(({ sources }) => sources) }];
}
