import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { StorageBench, someBytes, type TestPerson } from './support/storage.js';

interface Page {
  readonly nodes: readonly { readonly path?: string; readonly id?: string; readonly size?: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

describe('lists', () => {
  let bench: StorageBench;
  let person: TestPerson;
  let driveId: string;
  const paths = ['a', 'a/1', 'a/b/2', 'a-c', 'a.txt', 'é/1', 'z', '日/本', 'B'];

  beforeAll(async () => {
    bench = await StorageBench.start();
    person = await bench.person();
    driveId = (await bench.drive(person.userId)).id;
    for (const path of paths) await bench.upload(person.token, driveId, path, Buffer.alloc(0));
  });
  afterAll(() => bench.stop());

  const files = async (variables: Record<string, unknown>) => {
    const document = `query ($id: ID!, $path: String, $first: Int, $after: String) { drive(id: $id) {
      files(path: $path, first: $first, after: $after) { nodes { path } pageInfo { hasNextPage endCursor } } } }`;
    const answer = await bench.harness.call<{ drive: { files: Page } }>(
      document,
      { id: driveId, ...variables },
      { token: person.token },
    );
    return { page: answer.data?.drive?.files, codes: answer.errors.map(({ extensions }) => extensions.code) };
  };
  const byBytes = (one: string, two: string) => Buffer.compare(Buffer.from(one), Buffer.from(two));

  it('gives every file once, by path in bytes, page by page', async () => {
    const seen: (string | undefined)[] = [];
    let after: string | null = null;
    do {
      const { page }: { page: Page | undefined } = await files({ first: 2, after });
      seen.push(...(page?.nodes.map(({ path }) => path) ?? []));
      after = page?.pageInfo.hasNextPage === true ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual([...paths].sort(byBytes));
  });

  it('gives what is below a folder, and nothing beside it', async () => {
    const below = async (path: string) => (await files({ path })).page?.nodes.map((file) => file.path);
    expect(await below('a')).toEqual(['a/1', 'a/b/2']);
    expect(await below('/a/b/')).toEqual(['a/b/2']);
    expect(await below('e\u0301')).toEqual(['é/1']);
    expect(await below('none')).toEqual([]);
  });

  it.each([{ first: 0 }, { first: 101 }, { first: -1 }, { after: 'forged' }, { path: '../x' }, { path: 'a\u0000' }])(
    'refuses %j',
    async (variables) => expect((await files(variables)).codes).toEqual(['BAD_USER_INPUT']),
  );

  it('finds a file by any spelling of its path', async () => {
    const answer = await bench.harness.call<{ file: { path: string } }>(
      'query ($id: ID!, $path: String!) { file(driveId: $id, path: $path) { path } }',
      { id: driveId, path: '/x/../e\u0301//1' },
      { token: person.token },
    );
    expect(answer.data?.file.path).toBe('é/1');
  });

  it('gives versions and drives newest first, page by page', async () => {
    for (const size of [1, 2, 3]) await bench.upload(person.token, driveId, 'versions', someBytes(size));
    const versions = `query ($id: ID!, $after: String) { file(driveId: $id, path: "versions") {
      versions(first: 2, after: $after) { nodes { size } pageInfo { hasNextPage endCursor } } } }`;
    const ask = async (after?: string | null) =>
      bench.harness.call<{ file: { versions: Page } }>(versions, { id: driveId, after }, { token: person.token });
    const first = (await ask()).data?.file.versions;
    const second = (await ask(first?.pageInfo.endCursor)).data?.file.versions;
    expect([first, second].map((page) => page?.nodes.map(({ size }) => size))).toEqual([['3', '2'], ['1']]);
    const forged = Buffer.from(JSON.stringify(['x'])).toString('base64url');
    expect((await ask(forged)).errors[0]?.extensions.code).toBe('BAD_USER_INPUT');

    const other = await bench.person();
    const ids = [await bench.drive(other.userId), await bench.drive(other.userId), await bench.drive(other.userId)];
    const drives = `query ($r: [_Any!]!, $after: String) { _entities(representations: $r) { ... on User {
      drives(first: 2, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } } } } }`;
    const pageOf = async (after?: string | null) =>
      (
        await bench.harness.call<{ _entities: [{ drives: Page }] }>(
          drives,
          { r: [{ __typename: 'User', id: other.userId }], after },
          { token: other.token },
        )
      ).data?._entities[0].drives;
    const newest = await pageOf();
    const oldest = await pageOf(newest?.pageInfo.endCursor);
    expect([...(newest?.nodes ?? []), ...(oldest?.nodes ?? [])].map(({ id }) => id)).toEqual(
      ids.map(({ id }) => id).reverse(),
    );
  });
});
