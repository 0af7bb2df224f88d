import { type InvalidInput, notSupported } from '../../../platform/kernel/refusal.js';
import { err, ok, type Result } from '../../../platform/kernel/result.js';
import { parseLine } from '../../../platform/kernel/text.js';
import { type InputFile, parseInputFiles } from './inputFiles.js';
import { type Program, parseProgram } from './program.js';
import { type JobResources, type JobResourcesInput, parseResources } from './resources.js';

/** A job as clients send it. */
export interface SubmissionInput {
  readonly clusterId: string;
  readonly grantId?: string | null | undefined;
  readonly accountId?: string | null | undefined;
  readonly name: string;
  readonly command?: readonly string[] | null | undefined;
  readonly script?: string | null | undefined;
  readonly image?: string | null | undefined;
  readonly resources: JobResourcesInput;
  readonly inputs?: readonly InputFile[] | null | undefined;
  readonly outputs?: unknown;
  readonly arraySize?: number | null | undefined;
  readonly dependsOn?: readonly string[] | null | undefined;
}

/** A job whose form is right; whether it may run is judged from the grant and the cluster. */
export interface Submission {
  readonly clusterId: string;
  readonly grantId: string;
  readonly name: string;
  readonly program: Program;
  readonly resources: JobResources;
  readonly inputs: readonly InputFile[];
}

const NOT_SUPPORTED_YET = ['accountId', 'image', 'outputs', 'arraySize', 'dependsOn'] as const;

/**
 * Reads a submit. Order of checks: what is not supported, the grant, name, program, resources, input files.
 * Refusals: NOT_SUPPORTED, INVALID_INPUT, both at the path of the value.
 */
export function parseSubmission(input: SubmissionInput): Result<Submission, InvalidInput> {
  const unsupported = NOT_SUPPORTED_YET.find((field) => input[field] != null);
  if (unsupported !== undefined) return err(notSupported([unsupported]));
  if (input.grantId == null) return err(missingGrant());
  const name = parseLine(input.name, ['name']);
  if (!name.ok) return name;
  const program = parseProgram(input);
  if (!program.ok) return program;
  const resources = parseResources(input.resources);
  if (!resources.ok) return resources;
  const inputs = parseInputFiles(input.inputs ?? []);
  if (!inputs.ok) return inputs;
  return ok({
    clusterId: input.clusterId,
    grantId: input.grantId,
    name: name.value,
    program: program.value,
    resources: resources.value,
    inputs: inputs.value,
  });
}

const missingGrant = (): InvalidInput => ({
  type: 'InvalidInput',
  code: 'INVALID_INPUT',
  message: 'Name the COMPUTE grant that pays; jobs without a grant are not supported yet.',
  path: ['grantId'],
});
