import { fileURLToPath } from 'node:url';
import { defineConfig, mergeConfig } from 'vitest/config';
import common from '../../vitest.config.js';

/** The accounting service's own tests once more, on Debian's PostgreSQL instead of the embedded one. */
export default mergeConfig(
  { ...common, test: { ...common.test, include: [], exclude: [], reporters: [], globalSetup: [] } },
  defineConfig({
    root: fileURLToPath(new URL('../..', import.meta.url)),
    test: {
      include: ['test/accounting/**/*.test.ts'],
      reporters: ['default', fileURLToPath(new URL('../support/closingLine.ts', import.meta.url))],
      globalSetup: [fileURLToPath(new URL('support/debianPostgres.ts', import.meta.url))],
    },
  }),
);
