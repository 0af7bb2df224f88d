/** What a foreign key of this database points to: it is there, or the database is broken. */
export async function required<Value>(loading: Promise<Value | null>): Promise<Value> {
  const value = await loading;
  if (value === null) throw new Error('a row points to one that is not there');
  return value;
}
