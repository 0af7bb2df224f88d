import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    // Packages outside the tests' transformation load graphql by `main`: without this there would be two of it, and an
    // error of one is none of the other's.
    alias: [
      { find: /^graphql$/, replacement: fileURLToPath(new URL('node_modules/graphql/index.js', import.meta.url)) },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/integration/**'],
    reporters: ['default', './test/support/closingLine.ts'],
    globalSetup: ['test/support/globalDatabase.ts'],
    // Two cores are shared with PostgreSQL and the processes that journeys start.
    maxWorkers: 2,
    // Generous: no test may fail because the machine is busy. Tests wait on conditions, so that this is rarely used up.
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
