import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { httpClient } from '../../cli/tour/httpClient.js';
import { oneTimeCodes } from '../../cli/tour/oneTimeCodes.js';
import { type OperatorCredentials, operatorLogsIn } from '../../cli/tour/steps/operatorLogsIn.js';
import { userIdOf } from '../../cli/tour/steps/userIdOf.js';
import { loadServiceKeys } from '../../platform/auth/serviceKeys.js';
import { connectEmbeddedDatabase } from '../../platform/database/connectEmbeddedDatabase.js';
import { signedRequest } from '../../platform/peers/signedRequest.js';
import { announcedUrl } from '../../platform/server/runDirectory.js';
import { runTollgate } from '../runningTollgate.js';

/** Runs one operation and gives its data. @throws Error where the answer has errors: the run is void then */
export type Ask = (query: string, variables: Readonly<Record<string, unknown>>) => Promise<Record<string, unknown>>;

/** The whole program with the operator logged in, asked as a client asks. */
export interface HttpStand {
  /** Through the gateway. */
  readonly viaGateway: Ask;
  /** At accounting's own port, as the gateway calls it. */
  readonly atAccounting: Ask;
  /** Of the accounting database. */
  readonly ownerUrl: string;
  /** An account of the operator's. */
  openAccount(): Promise<string>;
  deposit(accountId: string, amount: string): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;
/** Half of what a token lives. */
const TOKEN_MS = 5 * 60_000;
const UNIT = 'CREDIT';

/** Starts one on a home that is thrown away. */
export async function startHttpStand(): Promise<HttpStand> {
  const folder = await mkdtemp(join(tmpdir(), 'tollgate-bench-'));
  await chmod(folder, 0o755);
  const tollgate = await runTollgate(join(folder, 'home'));
  const stop = async (): Promise<void> => {
    await tollgate.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const client = httpClient(tollgate.url);
    const stage = { client, codes: oneTimeCodes(), narrate: () => {}, run: randomUUID() };
    const operator = JSON.parse(await readFile(join(tollgate.home, 'operator.json'), 'utf8')) as OperatorCredentials;
    let session = { token: await operatorLogsIn(stage, operator), since: Date.now() };
    // Long runs outlive a token.
    const tokenNow = async (): Promise<string> => {
      if (Date.now() - session.since > TOKEN_MS) {
        session = { token: await operatorLogsIn(stage, operator), since: Date.now() };
      }
      return session.token;
    };
    const userId = await userIdOf(stage, session.token);
    const viaGateway: Ask = async (query, variables) => dataOf(await client.ask(query, variables, await tokenNow()));
    const keys = await loadServiceKeys(tollgate.home, 'gateway');
    const origin = await announcedUrl(tollgate.home, 'accounting');
    const atAccounting: Ask = async (query, variables) => {
      const answer = await signedRequest({
        ...{ keys, target: 'accounting', origin, method: 'POST', path: '/graphql', token: await tokenNow() },
        body: Buffer.from(JSON.stringify({ query, variables })),
        headers: {},
        ...{ requestId: randomUUID(), clientIp: '127.0.0.1', userAgent: 'bench' },
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      return dataOf(JSON.parse(answer.body.toString('utf8')));
    };
    const { urls } = await connectEmbeddedDatabase(tollgate.home);
    return {
      viaGateway,
      atAccounting,
      ownerUrl: urls('accounting').ownerUrl,
      async openAccount() {
        const input = { idempotencyKey: randomUUID(), owner: { userId }, name: 'Bench', unit: UNIT };
        const { openAccount } = await viaGateway(
          'mutation Open($input: OpenAccountInput!) { openAccount(input: $input) { account { id } refusal { code } } }',
          { input },
        );
        // The document above asks for it, and a refusal would be the operator's own.
        return (openAccount as { account: { id: string } }).account.id;
      },
      async deposit(accountId, amount) {
        const input = { idempotencyKey: randomUUID(), accountId, amount: { amount, unit: UNIT }, description: 'Bench' };
        await viaGateway(
          'mutation Pay($input: DepositInput!) { deposit(input: $input) { transfer { id } refusal { code } } }',
          { input },
        );
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function dataOf(answer: { readonly data?: unknown; readonly errors?: unknown }): Record<string, unknown> {
  const errors = (answer.errors ?? []) as readonly unknown[];
  if (errors.length > 0 || answer.data == null) throw new Error(`The run is void: ${JSON.stringify(answer)}`);
  return answer.data as Record<string, unknown>;
}
