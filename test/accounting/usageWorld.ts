import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { type AccountingHarness, startAccountingHarness, type TestPerson } from './support.js';
import { newCluster, type TestCluster } from './usageSupport.js';

/** Accounting with a cluster, Alice with 1,000 CREDIT, and a look into the database. */
interface UsageWorld {
  readonly accounting: AccountingHarness;
  readonly cluster: TestCluster;
  readonly alice: TestPerson;
  /** Alice's. */
  readonly account: string;
  /** As the owner of the database. */
  readonly owner: pg.Client;
}

/** Starts one for the tests of a file, and checks the ledger's invariants when they have run. */
export function usageWorld(): UsageWorld {
  let accounting: AccountingHarness;
  let cluster: TestCluster;
  let alice: TestPerson;
  let account: string;
  let owner: pg.Client;
  beforeAll(async () => {
    accounting = await startAccountingHarness();
    cluster = await newCluster(accounting);
    alice = await accounting.newPerson();
    account = await accounting.accountWith(alice, '1000');
    owner = new pg.Client({ connectionString: accounting.settings.database.ownerUrl });
    await owner.connect();
  });
  afterAll(async () => {
    await owner.end();
    await accounting.stop();
  });
  return {
    get accounting() {
      return accounting;
    },
    get cluster() {
      return cluster;
    },
    get alice() {
      return alice;
    },
    get account() {
      return account;
    },
    get owner() {
      return owner;
    },
  };
}
