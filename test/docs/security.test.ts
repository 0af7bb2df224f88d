import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../platform/kernel/packageRoot.js';

const page = readFileSync(join(packageRoot, 'SECURITY.md'), 'utf8');
const read = (file: string): string => readFileSync(join(packageRoot, file), 'utf8');

/** How many items of level 1 and 2 each section of ASVS 5.0 has, in chapters 6 to 10; they are numbered from 1. */
const SECTIONS: Readonly<Record<string, number>> = {
  '6.1': 3,
  '6.2': 12,
  '6.3': 4,
  '6.4': 4,
  '6.5': 5,
  '6.6': 3,
  '6.8': 4,
  '7.1': 3,
  '7.2': 4,
  '7.3': 2,
  '7.4': 5,
  '7.5': 2,
  '7.6': 2,
  '8.1': 2,
  '8.2': 3,
  '8.3': 1,
  '8.4': 1,
  '9.1': 3,
  '9.2': 4,
  '10.1': 2,
  '10.2': 2,
  '10.3': 4,
  '10.4': 11,
  '10.5': 5,
  '10.6': 2,
  '10.7': 3,
};
const items = Object.entries(SECTIONS).flatMap(([section, count]) =>
  Array.from({ length: count }, (_value, index) => `${section}.${index + 1}`),
);

const [, chapters = ''] = page.split('\n## OWASP ASVS 5.0');
const [asvs = ''] = chapters.split('\n## ');
const [claimed = '', unclaimed = ''] = asvs.split('\n### Not claimed');
const claims = [...claimed.matchAll(/^\| (\d+\.\d+\.\d+) \| .+ \| (.+) \|$/gm)].map(([, item = '', shown = '']) => ({
  item,
  shown,
}));
const idsIn = (text: string): readonly string[] => [...text.matchAll(/\b\d+\.\d+\.\d+\b/g)].map(([id]) => id);

describe('SECURITY.md', () => {
  it('speaks of every item of ASVS 5.0 level 2, chapters 6 to 10, once', () => {
    const named = [...claims.map(({ item }) => item), ...idsIn(unclaimed)];
    expect([...named].sort()).toEqual([...items].sort());
  });

  it.each(claims)('claims $item with what is there', ({ shown }) => {
    for (const reference of shown.split(' · ')) {
      const [, file = '', words = ''] = /^(\S+): (.+)$/.exec(reference) ?? [];
      expect(existsSync(join(packageRoot, file)), file).toBe(true);
      expect(read(file), reference).toContain(words);
    }
  });

  it('names tests in the threat model that are there', () => {
    const [, model = ''] = page.split('\n## Threat model\n');
    const files = [...(model.split('\n## ')[0] ?? '').matchAll(/\| (test\/\S+) \|/g)].map(([, file = '']) => file);
    expect(files.length).toBeGreaterThan(10);
    expect(files.filter((file) => !existsSync(join(packageRoot, file)))).toEqual([]);
  });
});
