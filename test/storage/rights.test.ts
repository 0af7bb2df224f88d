import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { newId } from '../../platform/kernel/ids.js';
import {
  codeOf,
  put,
  StorageBench,
  someBytes,
  type TestFile,
  type TestPerson,
  type TestUpload,
} from './support/storage.js';

describe('who may do what in storage', () => {
  let bench: StorageBench;
  let owner: TestPerson;
  let stranger: TestPerson;
  let operator: TestPerson;
  let drive: { readonly id: string; readonly grantId: string };
  let file: TestFile;
  let upload: TestUpload;
  const bytes = someBytes(1_000);

  beforeAll(async () => {
    bench = await StorageBench.start();
    owner = await bench.person();
    stranger = await bench.person();
    operator = await bench.person({ operator: true });
    drive = await bench.drive(owner.userId);
    file = await bench.upload(owner.token, drive.id, 'a/b.bin', bytes);
    upload = await bench.begun(owner.token, drive.id, 'a/c.bin', bytes);
    // The feed says who is an operator; once it is read, drives are shown.
    await vi.waitUntil(() => bench.usage(operator.token, drive.id).catch(() => null), { timeout: 5_000 });
  });
  afterAll(() => bench.stop());

  const codes = async (document: string, variables: Record<string, unknown>, token?: string): Promise<string[]> => {
    const { errors } = await bench.harness.call(document, variables, token === undefined ? {} : { token });
    return errors.map(({ extensions }) => extensions.code);
  };

  const operations = (ids: { drive: string; file: string; upload: string; path?: string }) =>
    [
      ['query ($id: ID!) { drive(id: $id) { id } }', { id: ids.drive }],
      ['query ($id: ID!) { file(driveId: $id, path: "a/b.bin") { id } }', { id: ids.drive }],
      [
        'mutation ($input: BeginUploadInput!) { beginUpload(input: $input) { upload { id } refusal { code } } }',
        { input: { idempotencyKey: randomUUID(), driveId: ids.drive, path: 'x', size: '1', sha256: '0'.repeat(64) } },
      ],
      [
        'mutation ($input: CompleteUploadInput!) { completeUpload(input: $input) { file { id } refusal { code } } }',
        { input: { idempotencyKey: randomUUID(), uploadId: ids.upload } },
      ],
      [
        'mutation ($input: AbortUploadInput!) { abortUpload(input: $input) { upload { id } refusal { code } } }',
        { input: { idempotencyKey: randomUUID(), uploadId: ids.upload } },
      ],
      [
        'mutation ($input: CreateDownloadInput!) { createDownload(input: $input) { url refusal { code } } }',
        { input: { fileId: ids.file } },
      ],
    ] as const;

  it('answers a stranger as for ids that name nothing', async () => {
    const theirs = { drive: drive.id, file: file.id, upload: upload.id };
    const nothing = { drive: newId('drive'), file: newId('file'), upload: newId('upload') };
    const malformed = { drive: file.id, file: "x' OR 1=1", upload: '__proto__' };
    for (const ids of [theirs, nothing, malformed]) {
      for (const [document, variables] of operations(ids)) {
        expect(await codes(document, variables, stranger.token), document).toEqual(['NOT_FOUND']);
      }
    }
  });

  it('shows an operator what there is, not what is in it', async () => {
    const answer = await bench.harness.call<{ drive: { owner: { id: string }; files: { nodes: { path: string }[] } } }>(
      'query ($id: ID!) { drive(id: $id) { status owner { ... on User { id } } files { nodes { path versions { nodes { size } } } } } }',
      { id: drive.id },
      { token: operator.token },
    );
    expect(answer.data?.drive).toMatchObject({ owner: { id: owner.userId }, files: { nodes: [{ path: 'a/b.bin' }] } });
    for (const [document, variables] of operations({ drive: drive.id, file: file.id, upload: upload.id }).slice(2)) {
      expect(await codes(document, variables, operator.token), document).toEqual(['FORBIDDEN']);
    }
  });

  it('asks for a token, and for its scopes', async () => {
    const readOnly = await bench.harness.identity.issueToken({ subject: owner.userId, scopes: ['storage:read'] });
    const writeOnly = await bench.harness.identity.issueToken({ subject: owner.userId, scopes: ['storage:write'] });
    const all = operations({ drive: drive.id, file: file.id, upload: upload.id });
    for (const [document, variables] of all) {
      expect(await codes(document, variables)).toEqual(['UNAUTHENTICATED']);
      const writes = /beginUpload|completeUpload|abortUpload/.test(document);
      if (writes) expect(await codes(document, variables, readOnly)).toEqual(['FORBIDDEN']);
      else expect(await codes(document, variables, writeOnly)).toEqual(['FORBIDDEN']);
    }
    const controller = await bench.harness.identity.issueToken({
      subject: newId('serviceAccount'),
      scopes: ['storage:read', 'storage:write'],
    });
    for (const [document, variables] of all)
      expect(await codes(document, variables, controller)).toEqual(['FORBIDDEN']);
  });

  it('keeps the services’ mutations to the services', async () => {
    const input = { idempotencyKey: randomUUID(), grantId: drive.grantId };
    const close = 'mutation ($input: CloseDriveInput!) { closeDrive(input: $input) { drive { id } } }';
    const sign = 'mutation ($input: SignJobInputsInput!) { signJobInputs(input: $input) { inputs { url } } }';
    const signInput = { jobId: newId('job'), expiresInSeconds: 60 };
    for (const token of [owner.token, operator.token]) {
      expect(await codes(close, { input }, token)).toEqual(['FORBIDDEN']);
      expect(await codes(sign, { input: signInput }, token)).toEqual(['FORBIDDEN']);
    }
    expect(await codes(close, { input })).toEqual(['UNAUTHENTICATED']);
    const asCompute = await bench.answer(close, input, undefined, 'compute');
    expect(asCompute.errors[0]?.extensions.code).toBe('FORBIDDEN');
    const asAccess = await bench.answer(sign, signInput, undefined, 'access');
    expect(asAccess.errors[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('resolves entities for whom they are for, in one statement each', async () => {
    const document = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
      ... on Drive { id name } ... on File { id path } ... on Grant { id drive { id } } ... on User { id drives { nodes { id } } } } }`;
    const representations = [
      { __typename: 'Drive', id: drive.id },
      { __typename: 'Drive', id: newId('drive') },
      { __typename: 'File', id: file.id },
      { __typename: 'Grant', id: drive.grantId },
      { __typename: 'User', id: owner.userId },
      { __typename: 'File', id: 'x' },
    ];
    const ask = async (token: string) =>
      (await bench.harness.call<{ _entities: unknown[] }>(document, { representations }, { token })).data?._entities;
    const full = [
      { id: drive.id, name: 'results' },
      null,
      { id: file.id, path: 'a/b.bin' },
      { id: drive.grantId, drive: { id: drive.id } },
      { id: owner.userId, drives: { nodes: [{ id: drive.id }] } },
      null,
    ];
    expect(await ask(owner.token)).toEqual(full);
    expect(await ask(operator.token)).toEqual(full);
    const none = [null, null, null, { id: drive.grantId, drive: null }, { id: owner.userId, drives: null }, null];
    expect(await ask(stranger.token)).toEqual(none);
    const unscoped = await bench.harness.identity.issueToken({ subject: owner.userId, scopes: [] });
    expect(await ask(unscoped)).toEqual(none);
  });

  it('refuses a signed URL with any field changed, and for another part', async () => {
    const put1 = new URL(upload.parts[0]?.url ?? '');
    const get = new URL(await bench.urlOf(owner.token, file.id));
    const changes: [URL, (url: URL) => void][] = [
      ...['expires', 'user', 'session', 'length', 'key', 'signature'].map((name): [URL, (url: URL) => void] => [
        put1,
        (url) => url.searchParams.set(name, name === 'expires' ? '99999999999' : `${url.searchParams.get(name)}1`),
      ]),
      [put1, (url) => (url.pathname = url.pathname.replace(/1$/, '2'))],
      [put1, (url) => (url.pathname = url.pathname.replace(upload.id, newId('upload')))],
      [get, (url) => url.searchParams.set('expires', '99999999999')],
      [get, (url) => url.searchParams.set('user', stranger.userId)],
      [get, (url) => (url.pathname = `/data/versions/${newId('version')}`)],
      [get, (url) => (url.search = '')],
    ];
    for (const [signed, change] of changes) {
      const url = new URL(signed);
      change(url);
      const answer = signed === put1 ? await put(url.href, bytes) : await fetch(url);
      expect([answer.status, await codeOf(answer)], url.href).toEqual([403, 'URL_INVALID']);
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    }
    const crossed = await put(get.href, bytes);
    expect([crossed.status, await codeOf(crossed)]).toEqual([403, 'URL_INVALID']);
    const read = await fetch(put1);
    expect([read.status, await codeOf(read)]).toEqual([403, 'URL_INVALID']);
  });

  it('never repeats a signature: not where nothing is, nor to a method that no URL is for', async () => {
    const signed = new URL((await bench.begun(owner.token, drive.id, 'method.bin', bytes)).parts[0]?.url ?? '');
    const posted = await fetch(signed, { method: 'POST', body: bytes });
    const { code, message } = (await posted.clone().json()) as Record<string, string>;
    expect([posted.status, code]).toEqual([405, 'URL_INVALID']);
    expect(message).toContain('PUT a part');
    const elsewhere = await put(new URL(`/date/x${signed.search}`, signed).href, bytes);
    expect(elsewhere.status).toBe(404);
    for (const answer of [posted, elsewhere]) {
      expect(await answer.text()).not.toContain(signed.searchParams.get('signature'));
    }
  });

  it('ends a download URL after 15 minutes', async () => {
    const { url, expiresAt } = await bench.download(owner.token, file.id);
    expect(Math.round((new Date(expiresAt ?? '').getTime() - Date.now()) / 60_000)).toBe(15);
    try {
      bench.clockShiftMs = 15 * 60_000;
      const answer = await fetch(url ?? '');
      expect([answer.status, await codeOf(answer)]).toEqual([403, 'URL_EXPIRED']);
    } finally {
      bench.clockShiftMs = 0;
    }
  });

  it('ends the URLs of a person who logs out or is disabled, and of that one alone', async () => {
    for (const ending of [
      (person: TestPerson) => ({ kind: 'SESSION', subject: person.sessionId, state: 'REVOKED' }) as const,
      (person: TestPerson) => ({ kind: 'USER', subject: person.userId, state: 'DISABLED' }) as const,
    ]) {
      const person = await bench.person();
      const own = await bench.drive(person.userId);
      const mine = await bench.upload(person.token, own.id, 'x', bytes);
      const url = await bench.urlOf(person.token, mine.id);
      const open = await bench.begun(person.token, own.id, 'y', bytes);
      bench.harness.identity.publish(ending(person));
      await expect.poll(async () => (await fetch(url)).status, { timeout: 5_000 }).toBe(403);
      expect(await codeOf(await fetch(url))).toBe('URL_EXPIRED');
      expect(await codeOf(await put(open.parts[0]?.url ?? '', bytes))).toBe('URL_EXPIRED');
    }
    expect((await fetch(await bench.urlOf(owner.token, file.id))).status).toBe(200);
  });

  it('gives old versions too, and none of another file', async () => {
    const newer = someBytes(2_000);
    const first = await bench.upload(owner.token, drive.id, 'v.bin', bytes);
    const second = await bench.upload(owner.token, drive.id, 'v.bin', newer);
    expect(second.id).toBe(first.id);
    const old = await fetch(await bench.urlOf(owner.token, first.id, first.currentVersion.id));
    expect(Buffer.from(await old.arrayBuffer()).equals(bytes)).toBe(true);
    const current = await fetch(await bench.urlOf(owner.token, first.id));
    expect(Buffer.from(await current.arrayBuffer()).equals(newer)).toBe(true);
    await expect(bench.download(owner.token, first.id, file.currentVersion.id)).rejects.toThrow('NOT_FOUND');
    await expect(bench.download(owner.token, first.id, 'x')).rejects.toThrow('NOT_FOUND');
  });
});
