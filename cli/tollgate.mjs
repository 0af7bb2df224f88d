#!/usr/bin/env node
// The `tollgate` command. It only says what is missing when the program was not built yet.
import { existsSync } from 'node:fs';

const program = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  process.stderr.write('Tollgate is not built yet; run "npm run build" in its folder first.\n');
  process.exitCode = 1;
}
