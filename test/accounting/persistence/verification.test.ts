import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type LedgerBench, openLedgerBench } from '../ledgerBench.js';

let bench: LedgerBench;
let payer: string;
let transferId: string;
beforeEach(async () => {
  bench = await openLedgerBench();
  payer = await bench.accountWith(100);
  const payee = await bench.accountWith(0);
  const posted = await bench.transfer(payer, payee, 10);
  transferId = posted.ok ? (posted.value.transferId ?? '') : '';
  const first = await bench.heldOf(await bench.placeHold(payer, payee, 20));
  await bench.capture(first, 5, { final: false });
  await bench.capture(first, 5);
  await bench.release(await bench.heldOf(await bench.placeHold(payer, payee, 3)));
  await bench.placeHold(payer, payee, 7);
});
afterEach(async () => {
  await bench.close();
});

/** The whole check at once, as a person runs it on the database. */
async function verify() {
  const [row] = await bench.prisma.$queryRawUnsafe<{ checked: bigint; brokenAt: string | null }[]>(
    'SELECT checked, broken_at AS "brokenAt", detail FROM verify_ledger()',
  );
  return row;
}

/** What only a thief with the owner's rights can do: the triggers are disabled first. */
async function forge(sql: string, values: unknown[] = []): Promise<void> {
  await bench.owner.query('ALTER TABLE journal_entry DISABLE TRIGGER USER');
  await bench.owner.query(sql, values);
  await bench.owner.query('ALTER TABLE journal_entry ENABLE TRIGGER USER');
}

describe('verifyLedger', () => {
  it('finds a ledger with every kind of row sound', async () => {
    expect(await verify()).toEqual({ checked: 8n, brokenAt: null, detail: null });
    await bench.assertInvariants();
  });

  it.each([
    ['a byte of the description', "SET description = 'Tess'"],
    ['the amount', 'SET amount = amount + 1'],
    ['the time', "SET recorded_at = recorded_at - interval '1 microsecond'"],
    ['the actor', "SET actor = 'usr_x'"],
    ['the hash', 'SET entry_hash = set_byte(entry_hash, 7, (get_byte(entry_hash, 7) + 1) % 256)'],
  ])('locates %s', async (_what, change) => {
    await forge(`UPDATE journal_entry ${change} WHERE transfer_id = $1`, [transferId]);
    expect(await verify()).toMatchObject({
      brokenAt: transferId,
      detail: expect.stringContaining('not as it was written'),
    });
  });

  it('knows reversals and extended holds, and locates what is changed in them', async () => {
    expect((await bench.reverse(transferId, 4)).ok).toBe(true);
    const { rows: open } = await bench.owner.query<{ id: string }>("SELECT id FROM hold WHERE status = 'OPEN'");
    const hold = (await bench.holds.byIds([open[0]?.id ?? ''])).get(open[0]?.id ?? '');
    if (hold === undefined) throw new Error('no open hold');
    expect((await bench.extend(hold, { amount: 9 })).ok).toBe(true);
    expect(await verify()).toEqual({ checked: 10n, brokenAt: null, detail: null });
    await bench.assertInvariants();

    await forge('UPDATE hold SET amount = amount + 1 WHERE id = $1', [hold.id]);
    expect((await verify())?.brokenAt).not.toBeNull();
    await forge('UPDATE hold SET amount = amount - 1 WHERE id = $1', [hold.id]);
    await forge('UPDATE journal_entry SET reverses_id = $2 WHERE reverses_id = $1', [transferId, 'trf_other']);
    expect(await verify()).toMatchObject({ detail: expect.stringContaining('not as it was written') });
  });

  it('locates the place of a removed row', async () => {
    await forge('DELETE FROM journal_entry WHERE transfer_id = $1', [transferId]);
    expect(await verify()).toMatchObject({ detail: 'Journal row 3 does not follow the row before it.' });
  });

  it('misses the last row where it was cut off', async () => {
    await forge('DELETE FROM journal_entry WHERE sequence = 8');
    expect(await verify()).toMatchObject({ brokenAt: 'journal' });
  });

  it('names an account whose balance is not the sum of its entries', async () => {
    await forge('UPDATE account SET posted = posted + 1 WHERE id = $1', [payer]);
    expect(await verify()).toMatchObject({ brokenAt: payer });
    await expect(bench.assertInvariants()).rejects.toThrow('INV1');
  });

  it('names a hold that is not what the journal says', async () => {
    const { rows } = await bench.owner.query<{ id: string }>("SELECT id FROM hold WHERE status = 'RELEASED'");
    await forge("UPDATE hold SET status = 'CAPTURED', captured = amount WHERE id = $1", [rows[0]?.id]);
    expect(await verify()).toMatchObject({ brokenAt: rows[0]?.id });
  });
});
