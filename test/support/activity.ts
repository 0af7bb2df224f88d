import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { eventually, succeed } from '../../cli/tour/graph.js';
import type { Stage } from '../../cli/tour/stage.js';
import { wellKnown } from '../../platform/kernel/wellKnown.js';

/** Something that was asked for and answered with success. */
export interface Answered {
  readonly kind: 'TRANSFER' | 'FILE' | 'GRANT';
  /** Of the transfer, the version, the grant. */
  readonly id: string;
  readonly startedAt: number;
  readonly answeredAt: number;
}

/** A file that was put on the drive that stays. */
export interface PutFile {
  readonly versionId: string;
  readonly fileId: string;
  readonly sha256: string;
}

/** What people do all the time: move money, upload files, request access, give it up with all that is on it. */
export interface Activity {
  readonly answered: readonly Answered[];
  readonly files: readonly PutFile[];
  /** Lets what is under way end. @throws whatever failed */
  stop(): Promise<void>;
}

interface Person {
  readonly stage: Stage;
  readonly token: string;
  readonly accountId: string;
}

const GRANT_DAYS_MS = 30 * 86_400_000;

/** Begins; each kind goes on by itself, one after the other. @param otherAccountId where the money goes */
export async function startActivity(person: Person, otherAccountId: string): Promise<Activity> {
  const answered: Answered[] = [];
  const files: PutFile[] = [];
  const drive = await requestDrive(person);
  let isOver = false;
  const again = async (kind: Answered['kind'], work: () => Promise<string>): Promise<void> => {
    while (!isOver) {
      const startedAt = Date.now();
      const id = await work();
      answered.push({ kind, id, startedAt, answeredAt: Date.now() });
    }
  };
  const loops = [
    again('TRANSFER', () => transferOne(person, otherAccountId)),
    again('FILE', async () => {
      const file = await putFile(person, drive.driveId);
      files.push(file);
      return file.versionId;
    }),
    again('GRANT', async () => {
      const { grantId, driveId } = await requestDrive(person);
      await putFile(person, driveId);
      await endWithContent(person, grantId);
      return grantId;
    }),
  ];
  // What fails is told by stop; until then it is nobody's.
  for (const loop of loops) loop.catch(() => undefined);
  return {
    answered,
    files,
    async stop() {
      isOver = true;
      await Promise.all(loops);
    },
  };
}

async function transferOne({ stage, token, accountId }: Person, otherAccountId: string): Promise<string> {
  const { transfer } = await succeed<{ transfer: { id: string } }>(
    stage,
    'transfer',
    {
      idempotencyKey: randomUUID(),
      debitAccountId: accountId,
      creditAccountId: otherAccountId,
      amount: { amount: '0.001', unit: wellKnown.unit },
      description: 'activity',
    },
    'transfer { id }',
    token,
  );
  return transfer.id;
}

async function requestDrive({ stage, token, accountId }: Person): Promise<{ grantId: string; driveId: string }> {
  const input = {
    idempotencyKey: randomUUID(),
    offerId: wellKnown.offerStorage,
    quantity: '0.01',
    endsAt: new Date(Date.now() + GRANT_DAYS_MS).toISOString(),
    accountId,
    name: 'activity',
  };
  interface Request {
    readonly accessRequest: { readonly status: string; readonly grant: { id: string; drive: { id: string } } | null };
  }
  return eventually(60, 'A request for a drive did not become ACTIVE.', async () => {
    const selection = 'accessRequest { status grant { id drive { id } } }';
    const { accessRequest } = await succeed<Request>(stage, 'requestAccess', input, selection, token);
    const { status, grant } = accessRequest;
    return status === 'ACTIVE' && grant !== null ? { grantId: grant.id, driveId: grant.drive.id } : null;
  });
}

async function putFile({ stage, token }: Person, driveId: string): Promise<PutFile> {
  const bytes = randomBytes(20_000);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const path = `results/${randomUUID()}.bin`;
  const { upload } = await succeed<{ upload: { id: string; parts: readonly { url: string }[] } }>(
    stage,
    'beginUpload',
    { idempotencyKey: randomUUID(), driveId, path, size: String(bytes.length), sha256 },
    'upload { id parts { url } }',
    token,
  );
  const status = await stage.client.put(upload.parts[0]?.url ?? '', {}, bytes);
  if (status !== 200) throw new Error(`the part was answered with HTTP ${status}`);
  const { file } = await succeed<{ file: { id: string; currentVersion: { id: string } } }>(
    stage,
    'completeUpload',
    { idempotencyKey: randomUUID(), uploadId: upload.id },
    'file { id currentVersion { id } }',
    token,
  );
  return { fileId: file.id, versionId: file.currentVersion.id, sha256 };
}

async function endWithContent({ stage, token }: Person, grantId: string): Promise<void> {
  const input = { idempotencyKey: randomUUID(), grantId, purge: true };
  await succeed(stage, 'endGrant', input, 'grant { status }', token);
}
