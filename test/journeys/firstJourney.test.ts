import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { query } from '../../cli/tour/graph.js';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import type { Stage } from '../../cli/tour/stage.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { playStory } from '../../cli/tour/story.js';
import { assertInvariants } from '../invariants/assertInvariants.js';
import { ownerUrlsOf } from '../support/ownerUrls.js';
import { makeHome, type Program, startProgram } from '../support/program.js';

interface Verification {
  readonly verifyLedger: {
    readonly sound: boolean;
    readonly checked: string;
    readonly brokenAt: string | null;
    readonly detail: string | null;
  };
}

const VERIFY = '{ verifyLedger { sound checked brokenAt detail } }';

describe('the first journey', () => {
  let home: string;
  let remove: () => Promise<void>;
  let program: Program;
  let stage: Stage;
  let operator: OperatorCredentials;
  const told: string[] = [];

  beforeAll(async () => {
    ({ home, remove } = await makeHome());
    program = startProgram(['start'], { TOLLGATE_HOME: home, TOLLGATE_PORT: '0' });
    await program.waitFor(/Tollgate is ready/);
    const url = /GraphQL\s+(\S+)\/graphql/.exec(program.output())?.[1] ?? '';
    operator = JSON.parse(await readFile(join(home, 'operator.json'), 'utf8')) as OperatorCredentials;
    stage = {
      client: httpClient(url),
      codes: oneTimeCodes(),
      narrate: (line) => told.push(line),
      run: 'journey',
    };
  });
  afterAll(async () => {
    await program.end('SIGTERM');
    await remove();
  });

  it('plays from log-in to the last receipt, refusals included', async () => {
    await playStory(stage, operator, home);
    expect(told.join('\n')).toMatch(/verifyLedger: sound/);
    await assertInvariants(await ownerUrlsOf(home));
  });

  it('locates the row whose byte was flipped by the owner of the database', async () => {
    const token = await operatorLogsIn(stage, operator);
    const { accounting } = await ownerUrlsOf(home);
    const owner = new pg.Client({ connectionString: accounting });
    await owner.connect();
    try {
      // The trigger holds for the owner too, who must disable it first: nobody alters the journal by accident.
      await expect(owner.query(`UPDATE journal_entry SET description = 'x' WHERE sequence = 3`)).rejects.toThrow(
        /append-only/,
      );
      const { rows } = await owner.query<{ id: string; description: string }>(
        'SELECT coalesce(transfer_id, hold_id) AS id, description FROM journal_entry WHERE sequence = 3',
      );
      await owner.query('ALTER TABLE journal_entry DISABLE TRIGGER USER');
      await owner.query(
        `UPDATE journal_entry SET description = overlay(description PLACING 'X' FROM 1 FOR 1) WHERE sequence = 3`,
      );
      const broken = await query<Verification>(stage, VERIFY, {}, token);
      expect(broken.verifyLedger).toMatchObject({ sound: false, brokenAt: rows[0]?.id });
      expect(broken.verifyLedger.detail).toMatch(/row 3 /);
      await owner.query('UPDATE journal_entry SET description = $1 WHERE sequence = 3', [rows[0]?.description]);
      await owner.query('ALTER TABLE journal_entry ENABLE TRIGGER USER');
      expect((await query<Verification>(stage, VERIFY, {}, token)).verifyLedger.sound).toBe(true);
    } finally {
      await owner.end();
    }
  });
});
