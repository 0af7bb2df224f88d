import { rm } from 'node:fs/promises';
import { ServiceStartError } from '../../platform/server/runDirectory.js';
import { type CertificateTimes, certificateFiles, readAuthority } from './certifyServices.js';
import { type InstallationRecord, installationPaths } from './installation.js';
import { newAuthority } from './newAuthority.js';
import { replaceFiles } from './replaceFiles.js';
import { readIfThere, trustedFiles } from './trustedFiles.js';

/** The steps by which one authority goes and another comes, while everything serves. */
export const authoritySteps = ['begin', 'switch', 'end'] as const;
/** See authoritySteps. */
export type AuthorityStep = (typeof authoritySteps)[number];

/** An installation, and the authority that signs in it. */
interface Standing {
  readonly folder: string;
  readonly record: InstallationRecord;
  readonly times: CertificateTimes;
  readonly present: string;
}

/**
 * Takes one step of changing the installation's authority, all of it or nothing; each is copied to all machines before the next.
 * `begin` makes the new one, and machines trust both; `switch` makes new certificates with it; with `end` they trust it alone.
 * @throws ServiceStartError for a step that is not the next one, and as certifyServices does
 */
export async function changeAuthority(
  step: AuthorityStep,
  folder: string,
  { record, times }: { readonly record: InstallationRecord; readonly times: CertificateTimes },
): Promise<void> {
  const present = await readPresent(installationPaths(folder).authorityCertificate);
  const due = await dueStep(folder, present);
  if (step !== due) throw notDue(step, due);
  await steps[step]({ folder, record, times, present });
}

/** By what stands there: a step that was killed half-way is due again. */
async function dueStep(folder: string, present: string): Promise<AuthorityStep> {
  const { nextCertificate, previousCertificate } = installationPaths(folder);
  const next = await readIfThere(nextCertificate);
  if (next !== null && next !== present) return 'switch';
  return (await readIfThere(previousCertificate)) === null ? 'begin' : 'end';
}

const steps: Readonly<Record<AuthorityStep, (standing: Standing) => Promise<void>>> = { begin, switch: change, end };

async function begin({ folder, record, times, present }: Standing): Promise<void> {
  const { nextCertificate, nextKey } = installationPaths(folder);
  const next = await newAuthority(times.now);
  const trusted = await trustedFiles(folder, record, [present, next.certificatePem]);
  await replaceFiles(new Map([...trusted, [nextKey, next.keyPem], [nextCertificate, next.certificatePem]]));
}

async function change({ folder, record, times, present }: Standing): Promise<void> {
  const paths = installationPaths(folder);
  const next = await readAuthority({ key: paths.nextKey, certificate: paths.nextCertificate }, times.now);
  const files = new Map([
    ...(await certificateFiles({ folder, record, authority: next, times })),
    ...(await trustedFiles(folder, record, [next.certificatePem, present])),
  ]);
  // The certificate last: by it the step is done.
  files.set(paths.previousCertificate, present).set(paths.authorityKey, next.keyPem);
  await replaceFiles(files.set(paths.authorityCertificate, next.certificatePem));
  await tidy(folder);
}

async function end({ folder, record, present }: Standing): Promise<void> {
  await replaceFiles(new Map(await trustedFiles(folder, record, [present])));
  await tidy(folder);
  await rm(installationPaths(folder).previousCertificate);
}

async function tidy(folder: string): Promise<void> {
  const { nextCertificate, nextKey } = installationPaths(folder);
  for (const file of [nextKey, nextCertificate]) await rm(file, { force: true });
}

async function readPresent(file: string): Promise<string> {
  const pem = await readIfThere(file);
  if (pem === null) throw new ServiceStartError(`${file} is not there; put it back.`);
  return pem;
}

const WHY: Readonly<Record<AuthorityStep, string>> = {
  begin: 'No new authority was begun',
  switch: 'A new authority was begun, and signs nothing yet',
  end: 'The new authority signs, and the one before is still trusted',
};

const notDue = (step: AuthorityStep, due: AuthorityStep): ServiceStartError =>
  new ServiceStartError(
    `${WHY[due]}, so "${step}" is not the next step; go on with "--new-authority ${due}". Nothing was changed.`,
  );
