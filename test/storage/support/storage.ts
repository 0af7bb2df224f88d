import { createHash, randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { newId } from '../../../platform/kernel/ids.js';
import { readStorageConfig, type StorageConfig } from '../../../subgraphs/storage/config.js';
import { startStorage } from '../../../subgraphs/storage/main.js';
import type { FreeBytes } from '../../../subgraphs/storage/usecases/ports.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { type Answer, type SubgraphHarness, startSubgraphHarness } from '../../support/subgraph.js';

/** A person with a token. */
export interface TestPerson {
  readonly userId: string;
  readonly sessionId: string;
  readonly token: string;
}

/** A refusal as tests look at it. */
export interface ShownRefusal {
  readonly code: string;
  readonly message: string;
  readonly path?: readonly string[];
}

/** A part as tests look at it. */
export interface TestPart {
  readonly number: number;
  readonly size: string;
  readonly url: string;
  readonly received: boolean;
}

/** An upload as tests look at it. */
export interface TestUpload {
  readonly id: string;
  readonly status: string;
  readonly expiresAt: string;
  readonly parts: readonly TestPart[];
}

/** A file as tests look at it. */
export interface TestFile {
  readonly id: string;
  readonly path: string;
  readonly size: string;
  readonly sha256: string;
  readonly contentType: string;
  readonly currentVersion: { readonly id: string };
}

const DAY_MS = 86_400_000;
const REFUSAL = 'refusal { code message ... on InvalidInput { path } }';
const FILE = 'file { id path size sha256 contentType currentVersion { id } }';

/** The storage service over HTTP with a clock that tests can move, and words for what tests do with it. */
export class StorageBench {
  private constructor(
    readonly harness: SubgraphHarness,
    readonly database: TestDatabase,
    private readonly clockOf: { shiftMs: number },
    private readonly config: Partial<StorageConfig>,
  ) {}

  /** @param freeBytes what the disk is said to have free; what it has where not given */
  static async start(config: Partial<StorageConfig> = {}, freeBytes?: FreeBytes): Promise<StorageBench> {
    const database = await freshDatabase('storage');
    const shift = { shiftMs: 0 };
    const harness = await startSubgraphHarness({
      service: 'storage',
      database,
      start: (settings) =>
        startStorage(settings as typeof settings & { readonly service: 'storage' }, {
          clock: { now: () => new Date(Date.now() + shift.shiftMs) },
          config: { ...readStorageConfig(settings.home, {}), logLevel: 'silent', ...config },
          ...(freeBytes === undefined ? {} : { freeBytes }),
        }),
    });
    return new StorageBench(harness, database, shift, config);
  }

  /** Moves the service's clock. Tokens are judged by the machine's. */
  set clockShiftMs(value: number) {
    this.clockOf.shiftMs = value;
  }

  async stop(): Promise<void> {
    await this.harness.stop();
    await this.database.drop();
  }

  /** Starts a replica on the same database that is told otherwise, and ends it again. @throws what its start throws */
  async startAnother(config: Partial<StorageConfig>): Promise<void> {
    const { settings } = this.harness;
    const own = { ...readStorageConfig(settings.home, {}), logLevel: 'silent', ...this.config, ...config };
    const replica = await startStorage(settings as typeof settings & { readonly service: 'storage' }, { config: own });
    await replica.stop();
  }

  /** Runs SQL as the owner of the database. */
  async sql<Row extends pg.QueryResultRow>(text: string, ...values: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.database.ownerUrl });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async person(
    options: { readonly operator?: boolean; readonly scopes?: readonly string[] } = {},
  ): Promise<TestPerson> {
    const userId = newId('user');
    const sessionId = newId('session');
    if (options.operator === true) {
      this.harness.identity.publish({ kind: 'USER', subject: userId, state: 'ACTIVE', data: { operator: true } });
    }
    const token = await this.harness.identity.issueToken({
      subject: userId,
      sessionId,
      ...(options.scopes === undefined ? {} : { scopes: options.scopes }),
    });
    return { userId, sessionId, token };
  }

  /** What a field of an answer is; throws what GraphQL reported. */
  async ask<Value>(
    document: string,
    input: unknown,
    token?: string,
    as?: 'access' | 'compute' | 'gateway',
  ): Promise<Value> {
    const answer = await this.answer<Record<string, Value>>(document, input, token, as);
    const [value] = Object.values(answer.data ?? {});
    if (answer.errors.length > 0 || value === undefined) throw new Error(JSON.stringify(answer.errors));
    return value;
  }

  answer<Data>(
    document: string,
    input: unknown,
    token?: string,
    as?: 'access' | 'compute' | 'gateway',
  ): Promise<Answer<Data>> {
    return this.harness.call<Data>(
      document,
      { input },
      { ...(token === undefined ? {} : { token }), ...(as === undefined ? {} : { as }) },
    );
  }

  /** Makes a drive as access does. */
  async drive(
    ownerId: string,
    options: { quota?: number | bigint; activate?: boolean; startsAt?: Date; endsAt?: Date } = {},
  ): Promise<{ readonly id: string; readonly grantId: string }> {
    const grantId = newId('grant');
    const { drive } = await this.ask<{ drive: { id: string } }>(
      `mutation ($input: ProvisionDriveInput!) { provisionDrive(input: $input) { drive { id } ${REFUSAL} } }`,
      {
        idempotencyKey: randomUUID(),
        grantId,
        ownerId,
        name: 'results',
        quota: String(options.quota ?? 1_073_741_824),
        startsAt: (options.startsAt ?? new Date(Date.now() - DAY_MS)).toISOString(),
        endsAt: (options.endsAt ?? new Date(Date.now() + 30 * DAY_MS)).toISOString(),
      },
      undefined,
      'access',
    );
    if (options.activate !== false) await this.setDrive('activateDrive', grantId);
    return { id: drive.id, grantId };
  }

  setDrive(
    mutation: 'activateDrive' | 'closeDrive',
    grantId: string,
  ): Promise<{ drive: { id: string; status: string } | null; refusal: ShownRefusal | null }> {
    const type = mutation === 'activateDrive' ? 'ActivateDriveInput' : 'CloseDriveInput';
    return this.ask(
      `mutation ($input: ${type}!) { ${mutation}(input: $input) { drive { id status } ${REFUSAL} } }`,
      { idempotencyKey: randomUUID(), grantId },
      undefined,
      'access',
    );
  }

  begin(
    token: string,
    input: Record<string, unknown>,
  ): Promise<{ upload: TestUpload | null; refusal: ShownRefusal | null }> {
    return this.ask(
      `mutation ($input: BeginUploadInput!) { beginUpload(input: $input) {
         upload { id status expiresAt parts { number size url received headers { name value } } } ${REFUSAL} } }`,
      { idempotencyKey: randomUUID(), ...input },
      token,
    );
  }

  complete(
    token: string,
    uploadId: string,
    idempotencyKey: string = randomUUID(),
  ): Promise<{ file: TestFile | null; refusal: ShownRefusal | null }> {
    return this.ask(
      `mutation ($input: CompleteUploadInput!) { completeUpload(input: $input) { ${FILE} ${REFUSAL} } }`,
      { idempotencyKey, uploadId },
      token,
    );
  }

  abort(token: string, uploadId: string): Promise<{ upload: { status: string } | null; refusal: ShownRefusal | null }> {
    return this.ask(
      `mutation ($input: AbortUploadInput!) { abortUpload(input: $input) { upload { status } ${REFUSAL} } }`,
      { idempotencyKey: randomUUID(), uploadId },
      token,
    );
  }

  /** Begins an upload that is expected not to be refused. */
  async begun(token: string, driveId: string, path: string, bytes: Buffer, partSize?: number): Promise<TestUpload> {
    const { upload, refusal } = await this.begin(token, {
      driveId,
      path,
      size: String(bytes.length),
      sha256: sha256(bytes),
      ...(partSize === undefined ? {} : { partSize: String(partSize) }),
    });
    if (upload === null) throw new Error(`refused: ${refusal?.code}`);
    return upload;
  }

  /** Puts a file there, whole. */
  async upload(token: string, driveId: string, path: string, bytes: Buffer): Promise<TestFile> {
    const upload = await this.begun(token, driveId, path, bytes);
    await putParts(upload, bytes);
    const { file, refusal } = await this.complete(token, upload.id);
    if (file === null) throw new Error(`refused: ${refusal?.code}`);
    return file;
  }

  download(
    token: string,
    fileId: string,
    versionId?: string,
  ): Promise<{ url: string | null; expiresAt: string | null; refusal: ShownRefusal | null }> {
    return this.ask(
      `mutation ($input: CreateDownloadInput!) { createDownload(input: $input) { url expiresAt ${REFUSAL} } }`,
      { fileId, ...(versionId === undefined ? {} : { versionId }) },
      token,
    );
  }

  /** A URL to read a file from. */
  async urlOf(token: string, fileId: string, versionId?: string): Promise<string> {
    const { url, refusal } = await this.download(token, fileId, versionId);
    if (url === null) throw new Error(`refused: ${refusal?.code}`);
    return url;
  }

  usage(
    token: string,
    driveId: string,
  ): Promise<Record<'live' | 'versions' | 'trash' | 'incomplete' | 'total', string>> {
    return this.harness
      .call<{ drive: { usage: Record<'live' | 'versions' | 'trash' | 'incomplete' | 'total', string> } }>(
        'query ($id: ID!) { drive(id: $id) { usage { live versions trash incomplete total } } }',
        { id: driveId },
        { token },
      )
      .then(({ data, errors }) => {
        if (data === null || data.drive === null) throw new Error(JSON.stringify(errors));
        return data.drive.usage;
      });
  }
}

/** SHA-256 in hexadecimal. */
export const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that do not compress and are never the same. */
export const someBytes = (length: number): Buffer => randomBytes(length);

/** Sends the parts of an upload one after the other. */
export async function putParts(upload: TestUpload, bytes: Buffer): Promise<void> {
  let offset = 0;
  for (const part of upload.parts) {
    const answer = await put(part.url, bytes.subarray(offset, offset + Number(part.size)));
    if (answer.status !== 200) throw new Error(`part ${part.number}: ${answer.status} ${await answer.text()}`);
    offset += Number(part.size);
  }
}

/** PUTs bytes to a signed URL. */
export const put = (url: string, bytes: Uint8Array): Promise<Response> =>
  fetch(url, { method: 'PUT', body: new Uint8Array(bytes) });

/** The code of a JSON error of the data plane. */
export const codeOf = async (answer: Response): Promise<string> => ((await answer.json()) as { code: string }).code;
