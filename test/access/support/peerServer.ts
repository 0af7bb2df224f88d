import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/index.js';
import { parseMicros } from '../../../platform/kernel/money.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { SubgraphName } from '../../../platform/kernel/services.js';
import { sharedResolvers } from '../../../platform/server/sharedResolvers.js';
import { loadTypeDefs } from '../../../platform/server/typeDefs.js';
import type { FakePeers } from './fakePeers.js';

// The schema is made by a CommonJS package: it must be run by the same copy of graphql, not by the ESM one.
const { graphql } = createRequire(import.meta.url)('graphql') as typeof import('graphql');

interface Input {
  readonly idempotencyKey: string;
  readonly [field: string]: unknown;
}

type Mutation = (root: unknown, args: { input: Input }, context: { token: string }) => Promise<object>;

/** Serves a fake peer over HTTP on its real schema, so that the documents that access sends are checked against it. */
export async function startPeerServer(service: SubgraphName, fake: FakePeers): Promise<{ url: string; stop(): void }> {
  const schema = buildSubgraphSchema({
    typeDefs: loadTypeDefs(service),
    resolvers: {
      ...sharedResolvers,
      Mutation: mutationsOf(service, fake),
    } as unknown as GraphQLResolverMap<unknown>,
  });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query, variables } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const token = request.headers.authorization ?? '';
      void graphql({ schema, source: query, variableValues: variables, contextValue: { token } }).then((answer) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** The mutations of a peer on the fake; inputs go over as they are, but for amounts. */
function mutationsOf(service: SubgraphName, fake: FakePeers): Record<string, Mutation> {
  const { accounting, storage, compute } = fake.peers;
  const of =
    <Value>(
      act: (input: never, call: never) => Promise<Result<Value, Refusal>>,
      show: (value: Value, input: Input) => object,
      wishOf: (input: Input) => unknown = (input) => input,
    ): Mutation =>
    async (_root, { input }, { token }) => {
      const call = { key: input.idempotencyKey ?? 'none', requestId: String(input['grantId']), token };
      const result = await act(wishOf(input) as never, call as never);
      return result.ok ? show(result.value, input) : { refusal: result.refusal };
    };
  const money = (input: unknown) => {
    const { amount, unit } = input as { amount: string; unit: string };
    const micros = parseMicros(amount, []);
    return { micros: micros.ok ? micros.value : 0n, unit };
  };
  const grantOf = ({ grantId }: Input) => grantId;
  const holdOf = ({ holdId }: Input) => holdId;
  if (service === 'accounting') {
    return {
      openEscrow: of(
        accounting.openEscrow,
        ({ escrowAccountId, holdId, payerGroupId }) => ({
          account: { id: escrowAccountId },
          hold: {
            id: holdId,
            debit: payerGroupId === null ? null : { owner: { __typename: 'Group', id: payerGroupId } },
          },
        }),
        (input) => ({ ...input, amount: money(input['amount']) }),
      ),
      issuePrepayment: of(
        accounting.issuePrepayment,
        ({ invoiceId }) => ({ invoice: { id: invoiceId } }),
        (input) => ({
          ...input,
          lines: (input['lines'] as { amount: unknown }[]).map((line) => ({ ...line, amount: money(line.amount) })),
        }),
      ),
      voidPrepayment: of(accounting.voidPrepayment, () => ({ invoice: null }), holdOf),
      captureHold: of(
        accounting.captureHold,
        () => ({ transfer: null }),
        (input) => ({ ...input, amount: money(input['amount']) }),
      ),
      releaseHold: of(accounting.releaseHold, () => ({ hold: null }), holdOf),
      closeEscrow: of(
        accounting.closeEscrow,
        ({ refundTransferId, refundedMicros }) => ({
          refund:
            refundTransferId === null
              ? null
              : { id: refundTransferId, amount: { micros: refundedMicros, unit: 'CREDIT' } },
        }),
        (input) => ({ escrowAccountId: input['accountId'], earnedSoFar: money(input['earnedSoFar']) }),
      ),
      abandonEscrow: of(accounting.abandonEscrow, () => ({ account: null }), grantOf),
    };
  }
  if (service === 'storage') {
    return {
      provisionDrive: of(
        storage.provisionDrive,
        () => ({}),
        (input) => ({ ...input, quotaBytes: input['quota'] }),
      ),
      activateDrive: of(storage.activateDrive, () => ({}), grantOf),
      closeDrive: of(storage.closeDrive, () => ({}), grantOf),
    };
  }
  return {
    provisionAllocation: of(compute.provisionAllocation, () => ({})),
    activateAllocation: of(compute.activateAllocation, () => ({}), grantOf),
    closeAllocation: of(compute.closeAllocation, ({ isSettled }, { grantId }) => ({
      allocation: { id: grantId, status: isSettled ? 'CLOSED' : 'CLOSING' },
    })),
  };
}
