import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** Tests against real components from Debian's packages; each says precisely what it lacks. */
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    include: ['test/integration/**/*.test.ts'],
    reporters: ['default', fileURLToPath(new URL('../support/closingLine.ts', import.meta.url))],
    globalSetup: [fileURLToPath(new URL('support/debianPackages.ts', import.meta.url))],
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 300_000,
  },
});
