import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { IdentityHarness } from '../../identity/support/identityHarness.js';
import { type Slapd, startSlapd, tree } from '../services/slapd.js';
import { logIn, startWithDirectory, trail } from './support.js';

let slapd: Slapd;
let identity: IdentityHarness;

beforeAll(async () => {
  slapd = await startSlapd();
  identity = await startWithDirectory(slapd);
});
afterAll(async () => {
  await identity.stop();
  await slapd.stop();
});

const TASK = `task_identifier = 'identity.checkDirectory'`;

/** Lets the waiting run of the job be due, and waits until it is done and the next one waits. */
async function runJob(): Promise<void> {
  const idsWaiting = () =>
    identity.sql<{ id: string; locked_at: Date | null }>(
      `SELECT id, locked_at FROM graphile_worker.jobs WHERE ${TASK}`,
    );
  const [before] = await idsWaiting();
  await identity.sql(
    `UPDATE graphile_worker._private_jobs AS job SET run_at = now() FROM graphile_worker.jobs AS shown
     WHERE shown.id = job.id AND shown.${TASK}`,
  );
  await vi.waitFor(
    async () => {
      const jobs = await idsWaiting();
      expect(jobs).toMatchObject([{ locked_at: null }]);
      expect(jobs[0]?.id).not.toBe(before?.id);
    },
    { timeout: 15_000 },
  );
}
const isDead = async (accessToken: string) => {
  const { errors } = await identity.call('{ viewer { user { email } } }', {}, { token: accessToken });
  return errors[0]?.extensions.code === 'UNAUTHENTICATED';
};

it('closes the accounts of all who are gone, without any of their refreshes, and nobody else’s', async () => {
  const uids = Array.from({ length: 25 }, (_value, index) => `person${index}`);
  const sessions = new Map<string, string>();
  for (const uid of uids) {
    await slapd.addPerson(uid);
    sessions.set(uid, (await logIn(identity, uid)).accessToken);
  }
  const local = await identity.logIn(await identity.newPerson());
  const gone = ['person0', 'person21', 'person24'];
  for (const uid of gone) await slapd.remove(tree.personOf(uid));
  await runJob();
  const dead: string[] = [];
  for (const [uid, token] of sessions) if (await isDead(token)) dead.push(uid);
  expect(dead).toEqual(gone);
  expect(await isDead(local.accessToken)).toBe(false);
  expect(await trail(identity, 'disableUser')).toMatchObject(gone.map(() => ({ actor: 'directory', outcome: 'OK' })));
});

it('keeps the last operator open, and says so in the audit', async () => {
  await slapd.addPerson('boss');
  const { accessToken, user } = await logIn(identity, 'boss');
  const before = await identity.sql<{ id: string }>('SELECT id FROM "user" WHERE operator');
  await identity.sql('UPDATE "user" SET operator = (id = $1)', [user.id]);
  await slapd.remove(tree.personOf('boss'));
  await runJob();
  expect(await isDead(accessToken)).toBe(false);
  const last = { actor: 'directory', target: user.id, outcome: 'LAST_OPERATOR' };
  expect((await trail(identity, 'disableUser')).at(-1)).toMatchObject(last);
  await identity.sql('UPDATE "user" SET operator = true WHERE id = $1', [before[0]?.id]);
  await runJob();
  expect(await isDead(accessToken)).toBe(true);
});

it('closes nothing where more than a fifth is gone at once, and logs an error', async () => {
  // Of 22 people.
  const uids = ['person1', 'person2', 'person3', 'person4', 'person5'];
  const tokens: string[] = [];
  for (const uid of uids) tokens.push((await logIn(identity, uid)).accessToken);
  for (const uid of uids) await slapd.remove(tree.personOf(uid));
  await runJob();
  for (const token of tokens) expect(await isDead(token)).toBe(false);
  const errors = identity
    .logged()
    .split('\n')
    .filter((line) => line.includes('the directory is not believed'));
  expect(errors.map((line) => JSON.parse(line))).toMatchObject([
    { level: 50, cause: "it says that 5 of 22 people are gone; nobody's account is closed" },
  ]);
});

it('closes nothing while the directory is away', async () => {
  await slapd.addPerson('alice');
  const { accessToken } = await logIn(identity, 'alice');
  await slapd.pause();
  await runJob();
  expect(await isDead(accessToken)).toBe(false);
  await slapd.resume();
});
