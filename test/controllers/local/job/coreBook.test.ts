import { expect, test } from 'vitest';
import { coreBook, parseCoreList, usableCores } from '../../../../controllers/local/job/coreBook.js';

test('a job gets the cores that the fewest jobs have', () => {
  const book = coreBook([0, 1, 2, 5]);
  const first = book.take(2);
  expect(first.cores).toEqual([0, 1]);
  expect(book.take(1).cores).toEqual([2]);
  expect(book.take(2).cores).toEqual([0, 5]);
  first.giveBack();
  expect(book.take(1).cores).toEqual([1]);
});

test('one that asks for more than there are gets all', () => {
  expect(coreBook([0, 1]).take(3).cores).toEqual([0, 1]);
  expect(coreBook([]).take(3).cores).toEqual([]);
});

test('the kernel’s form is read', async () => {
  expect(parseCoreList('0-2,5,7-8')).toEqual([0, 1, 2, 5, 7, 8]);
  expect(parseCoreList('')).toEqual([]);
  if (process.platform === 'linux') expect((await usableCores()).length).toBeGreaterThan(0);
});
