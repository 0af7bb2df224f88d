import { b9RequestAccess } from './access/b9RequestAccess.js';
import { recovery } from './access/recovery.js';
import { b4Usage } from './b4Usage.js';
import { b5Login } from './b5Login.js';
import { b6Viewer } from './b6Viewer.js';
import { b10Start } from './b10Start.js';
import { b2b3Ledger } from './ledger/b2b3Ledger.js';
import { flatGrowth } from './ledger/flatGrowth.js';
import { overHttp } from './ledger/overHttp.js';
import { bRevocation } from './revocation/bRevocation.js';

/** All benchmarks by name. */
const benchmarks: Readonly<Record<string, (print: (line: string) => void) => Promise<void>>> = {
  b2: b2b3Ledger,
  'b2-http': overHttp,
  growth: flatGrowth,
  b4: (print) => b4Usage(print),
  b5: b5Login,
  b6: b6Viewer,
  b9: b9RequestAccess,
  recovery,
  b10: b10Start,
  'b-revocation': bRevocation,
};

const wanted = process.argv.slice(2);
for (const name of wanted.length === 0 ? Object.keys(benchmarks) : wanted) {
  const run = benchmarks[name];
  if (run === undefined) {
    process.stderr.write(`There is no benchmark ${name}; there are: ${Object.keys(benchmarks).join(', ')}.\n`);
    process.exitCode = 1;
    break;
  }
  await run((line) => process.stdout.write(`${line}\n`));
}
