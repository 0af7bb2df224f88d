import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readConfigurationFile } from '../../cli/configuration/readConfigurationFile.js';
import { packageRoot } from '../../platform/kernel/packageRoot.js';
import { readStorageConfig } from '../../subgraphs/storage/config.js';

it('docs/operations.md shows settings of a bucket that are such', () => {
  const text = readFileSync(join(packageRoot, 'docs', 'operations.md'), 'utf8');
  const section = text.slice(text.indexOf('## Objects in S3'), text.indexOf('## Upgrades'));
  const [, yaml = ''] = /```yaml\n([\s\S]+?)```/.exec(section) ?? [];
  const { entries, faults } = readConfigurationFile(yaml, 'operations.md');
  expect(faults).toEqual([]);
  const variables = Object.fromEntries([...entries].map(([variable, { text }]) => [variable, text]));
  const { STORAGE_S3_CA_FILE, ...others } = variables;
  expect(STORAGE_S3_CA_FILE).toMatch(/\.pem$/);
  expect(readStorageConfig('/home', others)).toMatchObject({
    s3: { endpoint: 'https://s3.example.org', bucket: 'tollgate-objects' },
    capacityBytes: 50_000_000_000_000n,
  });
});
