import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import common from '../../vitest.config.js';

/** Tests against real components from Debian's packages; each says precisely what it lacks. */
export default defineConfig({
  resolve: { ...common.resolve },
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/integration/**/*.test.ts'],
    reporters: ['default', fileURLToPath(new URL('../support/closingLine.ts', import.meta.url))],
    globalSetup: ['support/debianPackages.ts', '../support/globalDatabase.ts'].map((file) =>
      fileURLToPath(new URL(file, import.meta.url)),
    ),
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
