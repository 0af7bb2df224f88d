import { join } from 'node:path';
import ts from 'typescript';
import { packageRoot } from '../../../platform/kernel/packageRoot.js';
import type { Manifest } from './manifests.js';

/** Does not exist but for the compiler, beside files that do, so that it finds the package. */
const FILE = join(packageRoot, 'test', 'deploy', 'support', 'written.ts');

/**
 * What the types of Kubernetes' schemas find wrong. The schemas let keys pass that they do not know; literals of a type do
 * not, so that a misspelt key is found.
 */
export function typeFaults(manifests: readonly Manifest[]): readonly string[] {
  const source = manifests
    .map(({ apiVersion, kind }, index) => {
      const type = `import type { I${kind} as T${index} } from 'kubernetes-models/${apiVersion}';`;
      return `${type}\nexport const o${index}: T${index} = ${JSON.stringify(manifests[index], null, 1)};`;
    })
    .join('\n');
  const options: ts.CompilerOptions = {
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (name) => name === FILE || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === FILE
      ? ts.createSourceFile(name, source, ts.ScriptTarget.ES2022, true)
      : getSourceFile.call(host, name, ...rest);
  const program = ts.createProgram([FILE], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}
