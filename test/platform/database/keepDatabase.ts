// The child process of startEmbeddedDatabase.test.ts: starts the database of the home in argv, tells the outcome as one
// line of JSON, and stops when its standard input ends.
import { startEmbeddedDatabase } from '../../../platform/database/startEmbeddedDatabase.js';

const [home = ''] = process.argv.slice(2);
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

try {
  const database = await startEmbeddedDatabase({ home, services: ['accounting'], log, fsync: false });
  const { port, pid, superuserUrl } = database;
  console.log(JSON.stringify({ port, pid, superuserUrl, ...database.urls('accounting') }));
  process.stdin.once('end', () => void database.stop());
  process.stdin.resume();
} catch (error) {
  console.log(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
