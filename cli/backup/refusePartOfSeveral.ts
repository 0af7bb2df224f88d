import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SubgraphName, subgraphNames } from '../../platform/kernel/services.js';
import type { Variables } from '../../platform/server/settings.js';
import { type EffectiveSettings, effectiveSettings } from '../configuration/effectiveSettings.js';
import { readConfigurationFile } from '../configuration/readConfigurationFile.js';
import { BackupError } from './backupError.js';
import { backupLayout } from './manifest.js';

const addressVariable = (name: SubgraphName): string => `${name.toUpperCase()}_URL`;

/**
 * A data folder has all five databases, but what runs elsewhere keeps its own there: the ones here are empty. So neither is a copy of
 * one machine at one point with the others, nor can it be put back beside them.
 * @param elsewhere the services that the configuration names on other machines
 * @throws BackupError where there are any
 */
export function refusePartOfSeveral(elsewhere: readonly SubgraphName[], verb: 'backed up' | 'restored'): void {
  if (elsewhere.length === 0) return;
  const places = elsewhere.map((name) => `${name} by ${addressVariable(name)}`).join(', ');
  throw new BackupError(
    `What runs on other machines (${places}) has its databases and files there, and one machine alone is not ${verb}: ` +
      'docs/operations.md tells what to do under "Several machines: backup".',
  );
}

/**
 * The same for a home that is not there yet, by the configuration that it would be started with.
 * @param file the one that was named; null: the one that the backup holds
 * @throws BackupError
 */
export async function refuseRestoreOfPart(
  backup: string,
  { file, environment }: { readonly file: string | null; readonly environment: Variables },
): Promise<void> {
  const effective = await settingsOf(file ?? join(backup, backupLayout.home, 'tollgate.yaml'), environment);
  const elsewhere = subgraphNames.filter((name) => (effective.variables[addressVariable(name)] ?? '') !== '');
  try {
    refusePartOfSeveral(elsewhere, 'restored');
  } catch (error) {
    throw namingKeys(error, effective);
  }
}

/** A refusal with the keys and lines in the place of variables; other errors are given back. */
export const namingKeys = (error: unknown, { inOperatorsWords }: EffectiveSettings): unknown =>
  error instanceof BackupError ? new BackupError(inOperatorsWords(error.message), { cause: error.cause }) : error;

/** A file that is missing, or no YAML, says nothing here: the start tells what is wrong with it. */
async function settingsOf(fileName: string, environment: Variables): Promise<EffectiveSettings> {
  const file = await readFile(fileName, 'utf8')
    .then((text) => readConfigurationFile(text, fileName).entries)
    .catch(() => new Map());
  return effectiveSettings({ file, fileName, environment, options: new Map() });
}
