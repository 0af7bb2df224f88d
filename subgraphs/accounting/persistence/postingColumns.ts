import { Fault } from '../../../platform/kernel/faults.js';
import { newId } from '../../../platform/kernel/ids.js';
import type { Money } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Call, Posting } from '../usecases/ports.js';

/** One item of a batch: the call, and what to post or why not. */
export interface PostingItem {
  readonly call: Call;
  readonly posting: Result<Posting, Refusal> | Fault;
}

/** The parameters of post_batch in their order, each a text array with the type it is cast to. */
interface PostingColumns {
  readonly types: readonly string[];
  readonly values: readonly (readonly string[])[];
}

/** What an item says in each column; '' and 0 stand for none. */
interface Row {
  op: string;
  kind: string;
  debit: number;
  credit: number;
  hold: number;
  id: string;
  receiptId: string;
  unit: string;
  amount: bigint;
  final: boolean;
  expiresIn: number;
  resource: string;
  description: string;
  holder: string;
  refusal: string;
  original: string;
  effectiveMs: string;
}

const nothing: Row = {
  op: 'REFUSE',
  kind: '',
  debit: 0,
  credit: 0,
  hold: 0,
  id: '',
  receiptId: '',
  unit: '',
  amount: 0n,
  final: false,
  expiresIn: 0,
  resource: '',
  description: '',
  holder: '',
  refusal: '',
  original: '',
  effectiveMs: '',
};

/** Writes a batch as the columns that post_batch takes: two dictionaries, and the items that refer to them. */
export function toColumns(items: readonly PostingItem[]): PostingColumns {
  const accounts = makeDictionary();
  const holds = makeDictionary();
  const rows = items.map(({ posting }) => {
    if (posting instanceof Fault) return { ...nothing, refusal: JSON.stringify({ fault: posting.code }) };
    if (!posting.ok) return { ...nothing, refusal: JSON.stringify(posting.refusal) };
    return toRow(posting.value, accounts.positionOf, holds.positionOf);
  });
  const column = (value: (row: Row) => unknown): string[] => rows.map((row) => String(value(row)));
  const ofCall = (value: (call: Call) => string): string[] => items.map(({ call }) => value(call));
  const columns: [string, readonly string[]][] = [
    ['text', accounts.entries],
    ['text', holds.entries],
    ['text', column((row) => row.op)],
    ['text', column((row) => row.kind)],
    ['int', column((row) => row.debit)],
    ['int', column((row) => row.credit)],
    ['int', column((row) => row.hold)],
    ['text', column((row) => row.id)],
    ['text', column((row) => row.receiptId)],
    ['text', column((row) => row.unit)],
    ['bigint', column((row) => row.amount)],
    ['boolean', column((row) => row.final)],
    ['int', column((row) => row.expiresIn)],
    ['text', column((row) => row.resource)],
    ['text', column((row) => row.description)],
    // Invoices are named by the functions that compose post_batch; single postings have none.
    ['text', column(() => '')],
    ['text', column((row) => row.holder)],
    ['text', ofCall((call) => call.actor)],
    ['text', ofCall((call) => call.scope)],
    ['text', ofCall((call) => call.key)],
    ['text', ofCall((call) => call.operation)],
    ['text', ofCall((call) => call.fingerprint)],
    ['text', column((row) => row.refusal)],
    ['text', items.map(() => newId('audit'))],
    ['text', ofCall((call) => call.requestId)],
    ['text', ofCall((call) => call.clientIp)],
    ['text', column((row) => row.original)],
    ['text', column((row) => row.effectiveMs)],
  ];
  return { types: columns.map(([type]) => type), values: columns.map(([, value]) => value) };
}

function toRow(posting: Posting, account: (id: string) => number, hold: (id: string) => number): Row {
  switch (posting.op) {
    case 'TRANSFER':
    case 'HOLD': {
      const common = {
        ...nothing,
        op: posting.op,
        id: posting.id,
        debit: account(posting.debitId),
        credit: account(posting.creditId),
        unit: posting.amount.unit,
        amount: posting.amount.micros,
      };
      if (posting.op === 'TRANSFER') {
        const { kind, description, effectiveAt } = posting;
        return { ...common, kind, description, effectiveMs: effectiveAt?.getTime().toString() ?? '' };
      }
      const { expiresInSeconds, resource, reason, holderId } = posting;
      return { ...common, expiresIn: expiresInSeconds, resource, description: reason, holder: holderId };
    }
    case 'REVERSE': {
      const { id, original, amount, reason } = posting;
      const sides = { debit: account(original.creditId), credit: account(original.debitId) };
      return {
        ...nothing,
        op: 'REVERSE',
        id,
        ...sides,
        ...moneyOf(amount),
        description: reason,
        original: original.id,
      };
    }
    case 'CAPTURE':
    case 'EXTEND':
    case 'RELEASE': {
      const { id, debitId, creditId } = posting.hold;
      const common = {
        ...nothing,
        op: posting.op,
        hold: hold(id),
        debit: account(debitId),
        credit: account(creditId),
      };
      if (posting.op === 'RELEASE') return { ...common, description: 'Released' };
      if (posting.op === 'EXTEND') {
        const { expiresInSeconds, amount, holderId } = posting;
        return {
          ...common,
          ...moneyOf(amount),
          expiresIn: expiresInSeconds,
          holder: holderId,
          description: 'Extended',
        };
      }
      const { amount, final, receiptId } = posting;
      return { ...common, ...moneyOf(amount), id: posting.id, receiptId, final, description: 'Captured' };
    }
  }
}

const moneyOf = (amount: Money | null): Pick<Row, 'unit' | 'amount'> =>
  amount === null ? { unit: '', amount: 0n } : { unit: amount.unit, amount: amount.micros };

/** Gives each distinct text a position, counted from 1. */
function makeDictionary(): { readonly entries: string[]; positionOf(text: string): number } {
  const entries: string[] = [];
  const positions = new Map<string, number>();
  return {
    entries,
    positionOf(text) {
      const known = positions.get(text);
      if (known !== undefined) return known;
      entries.push(text);
      positions.set(text, entries.length);
      return entries.length;
    },
  };
}
