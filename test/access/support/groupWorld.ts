import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import { membershipSubject } from '../../../platform/auth/memberships.js';
import { newId } from '../../../platform/kernel/ids.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { inDays } from './accessWorld.js';
import { type Loose, patience, type RealPeers, type Somebody } from './realPeers.js';

/** A group with an account of 100 CREDIT, its ADMIN, and how people come and go. */
export interface TestGroup {
  readonly groupId: string;
  readonly accountId: string;
  readonly admin: Somebody;
  /** Takes somebody in, or changes the role; every service knows when this resolves. */
  join(role: 'MEMBER' | 'ADMIN', who?: Somebody): Promise<Somebody>;
  /** Puts somebody out; whoever wants to know when the services follow asks them. */
  remove(who: Somebody): void;
}

/** What tests of groups do with the real services. */
export interface GroupWorld {
  makeGroup(): Promise<TestGroup>;
  makePerson(): Promise<Somebody>;
  /** The ADMIN's request for the group, from the group's account, ACTIVE; gives the grant. */
  grantTo(group: TestGroup, offerId: string, over?: object): Promise<Loose>;
  /** A job of two cores for an hour unless told: 2 CREDIT at the most. */
  submit(who: Somebody, grantId: unknown, over?: object): Promise<Loose | undefined>;
  driveOf(who: Somebody, grantId: unknown): Promise<Loose | null>;
  beginUpload(who: Somebody, driveId: unknown, path: string, content: Buffer): Promise<Loose>;
  putPart(url: unknown, content: Buffer): Promise<Response>;
  completeUpload(who: Somebody, uploadId: unknown): Promise<Loose>;
  download(who: Somebody, fileId: unknown): Promise<Loose>;
  /** Asks the three services for entities by key, as somebody; those that may not be seen are null. */
  entities(
    service: 'access' | 'storage' | 'compute' | 'accounting',
    type: string,
    ids: readonly unknown[],
    who: Somebody,
  ): Promise<readonly unknown[]>;
}

const GRANT = 'id status holder { __typename ... on Group { id } ... on User { id } } escrow { id }';
const SUBMIT = `mutation S($input: SubmitJobInput!) { submitJob(input: $input) { job { id status submittedBy { id } }
  refusal { code message ... on LimitExceeded { limit } ... on InsufficientFunds { shortfall { amount } } } } }`;

/** Groups on the real services. */
export function makeGroupWorld(peers: RealPeers): GroupWorld {
  const key = () => newId('audit');
  const makePerson = async (): Promise<Somebody> => {
    const userId = newId('user');
    return { userId, token: await peers.identity.issueToken({ subject: userId }) };
  };
  const tell = (groupId: string, { userId }: Somebody, state: string) =>
    peers.identity.publish({ kind: 'MEMBERSHIP', subject: membershipSubject(groupId, userId), state });

  const world: GroupWorld = {
    makePerson,
    async makeGroup() {
      const groupId = newId('group');
      const admin = await makePerson();
      tell(groupId, admin, 'ADMIN');
      const accountId = await peers.fund({ groupId }, admin.token);
      const seen = `query G($id: ID!) { _entities(representations: [{ __typename: "Group", id: $id }])
        { ... on Group { LIST { nodes { id } } } } }`;
      return {
        groupId,
        accountId,
        admin,
        async join(role, who) {
          const somebody = who ?? (await makePerson());
          tell(groupId, somebody, role);
          const lists = { access: 'grants', storage: 'drives', accounting: 'accounts' } as const;
          for (const service of ['access', 'storage', 'accounting'] as const) {
            const document = seen.replace('LIST', lists[service]);
            await vi.waitFor(async () => {
              const { _entities } = await peers.call(service, document, { id: groupId }, somebody.token);
              expect(_entities?.[0]).toMatchObject({ [lists[service]]: { nodes: expect.any(Array) } });
            }, patience);
          }
          return somebody;
        },
        remove: (who) => tell(groupId, who, 'REMOVED'),
      };
    },
    async grantTo({ groupId, accountId, admin }, offerId, over = {}) {
      const input = {
        idempotencyKey: key(),
        offerId,
        quantity: '10',
        endsAt: inDays(30),
        accountId,
        groupId,
        name: 'Ours',
        ...over,
      };
      const answer = await peers.call(
        'access',
        `mutation A($input: RequestAccessInput!) { requestAccess(input: $input) {
          accessRequest { id status failure { code message } grant { ${GRANT} } } refusal { code message } } }`,
        { input },
        admin.token,
      );
      const request = answer['requestAccess']?.['accessRequest'];
      expect(request).toMatchObject({ status: 'ACTIVE', failure: null });
      if (request === undefined) throw new Error('no request');
      return request['grant'] as unknown as Loose;
    },
    async submit({ token }, grantId, over = {}) {
      const input = {
        idempotencyKey: key(),
        clusterId: wellKnown.clusterLocal,
        grantId,
        name: 'job',
        command: ['true'],
        resources: { cpusPerTask: 2, wallTimeSeconds: 3_600 },
        ...over,
      };
      return (await peers.call('compute', SUBMIT, { input }, token))['submitJob'];
    },
    async driveOf({ token }, grantId) {
      const document = `query D($id: ID!) { _entities(representations: [{ __typename: "Grant", id: $id }])
        { ... on Grant { drive { id status owner { __typename } } } } }`;
      const answer = await peers.call('storage', document, { id: grantId }, token);
      return (answer['_entities']?.[0]?.['drive'] ?? null) as Loose | null;
    },
    async beginUpload({ token }, driveId, path, content) {
      const input = {
        idempotencyKey: key(),
        driveId,
        path,
        size: String(content.length),
        sha256: createHash('sha256').update(content).digest('hex'),
      };
      const document = `mutation B($input: BeginUploadInput!) { beginUpload(input: $input) {
        upload { id parts { url } } refusal { code } } }`;
      return (await peers.call('storage', document, { input }, token))['beginUpload'] as unknown as Loose;
    },
    putPart: (url, content) => fetch(String(url), { method: 'PUT', body: new Uint8Array(content) }),
    async completeUpload({ token }, uploadId) {
      const document = `mutation C($input: CompleteUploadInput!) { completeUpload(input: $input) {
        file { id path } refusal { code } } }`;
      const input = { idempotencyKey: key(), uploadId };
      return (await peers.call('storage', document, { input }, token))['completeUpload'] as unknown as Loose;
    },
    async download({ token }, fileId) {
      const document =
        'mutation D($input: CreateDownloadInput!) { createDownload(input: $input) { url refusal { code } } }';
      return (await peers.call('storage', document, { input: { fileId } }, token))[
        'createDownload'
      ] as unknown as Loose;
    },
    async entities(service, type, ids, { token }) {
      const document = `query E($of: [_Any!]!) { _entities(representations: $of) { ... on ${type} { id } } }`;
      const of = ids.map((id) => ({ __typename: type, id }));
      const answer = await peers.call(service, document, { of }, token).catch((error: unknown) => {
        expect(String(error)).toContain('NOT_FOUND');
        return { _entities: ids.map(() => null) };
      });
      return [...(answer['_entities'] as unknown as readonly unknown[])];
    },
  };
  return world;
}
