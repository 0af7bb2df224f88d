import { membershipSubject } from '../../../platform/auth/memberships.js';
import { faultpoint } from '../../../platform/faultpoint.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import { identityLimits } from '../domain/limits.js';
import type { ServiceAccount } from '../domain/serviceAccount.js';
import { isOfOtherAlgorithm } from '../domain/signingKey.js';
import { endAllThatLives } from './endAllThatLives.js';
import { ensureServiceAccount } from './ensureServiceAccount.js';
import type { CredentialFile, Ports, Stores } from './ports.js';
import { publishSigningKey } from './publishSigningKey.js';
import { totpPurpose } from './purposes.js';
import type { KeyPolicy } from './turnSigningKeys.js';

/** What the audit says of the operator that it made. */
const OPERATOR_MADE = 'firstBoot.operator';

/** Where the first start leaves credentials for people and programs to pick up. */
interface FirstBootFiles {
  readonly operator: CredentialFile;
  readonly localController: CredentialFile;
  readonly serviceAccount: CredentialFile;
}

type BootPorts = Omit<Ports, 'tokens' | 'mandateTokens' | 'keyRing' | 'feedNews' | 'directory' | 'directoryTrouble'> & {
  readonly files: FirstBootFiles;
};

/** What the start is told. */
interface BootOptions extends KeyPolicy {
  /** The user name of the operator that the first start makes; later ones leave it as it is. */
  readonly operatorName: string;
  /** Gives the operator fresh credentials where operator.json is missing. */
  readonly resetOperator: boolean;
  /** Where it is named, this is one of several replicas, and a file that is not here is at another. */
  readonly keyEncryptionKeyFile: string | null;
  /** The service account to make where there is none yet; null: none. */
  readonly serviceAccount: Pick<ServiceAccount, 'name' | 'scopes' | 'clusterIds'> | null;
}

/** How long all of it may take, on a slow disk and behind another replica that does the same. */
const TIMEOUT_MS = 30_000;

/**
 * Makes what every installation has from its first start: a signing key, the operator, the group `local`, the local
 * controller's service account, and the one that is configured. Safe to repeat at every start, in several replicas, and after a crash at any place: a
 * credential file is written before the commit that makes its credentials good, so that there is never a credential
 * that nobody knows; until that commit the next start makes fresh ones and writes the file again.
 */
export async function firstBoot(ports: BootPorts, options: BootOptions): Promise<void> {
  await ports.database.transaction(
    async (stores) => {
      await stores.boot.lock();
      await ensureSigningKey(ports, stores, options);
      const operatorId = await ensureOperator(ports, stores, options);
      await ensureGroupLocal(ports, stores, operatorId);
      await ensureLocalController(ports, stores, { isAlone: options.keyEncryptionKeyFile === null });
      await ensureFirstServiceAccount(ports, stores, options.serviceAccount);
      await faultpoint('identity.firstBoot.beforeCommit');
    },
    { timeoutMs: TIMEOUT_MS },
  );
  await faultpoint('identity.firstBoot.afterCommit');
}

/** A key of the algorithm that is configured: where it is another's turn, the next is published as a rotation does. */
async function ensureSigningKey(ports: BootPorts, stores: Stores, policy: KeyPolicy): Promise<void> {
  const now = ports.clock.now();
  await stores.signingKeys.lock();
  // Each start looks at the keys anew, as the task does: what fell due while nobody served is done then.
  await stores.keySchedule.lookAgainAt(null);
  // Before this process signs: a key outlives the longest-lived of its tokens.
  await stores.signingKeys.raiseTokenLifetime(policy.tokenLifetimeMs);
  const keys = await stores.signingKeys.verifying();
  if (keys.length > 0 && !isOfOtherAlgorithm(keys, policy.tokenAlgorithm)) return;
  const signsFrom = keys.length === 0 ? now : new Date(now.getTime() + identityLimits.signingKeyAheadMs);
  const { key, change } = await publishSigningKey(ports, stores, { policy, now, signsFrom });
  await audit(stores, 'firstBoot.signingKey', key.kid);
  await stores.feed.append([change], now);
}

/** The operator's id. Credentials are made once; a file that was moved to safety later is not written again. */
async function ensureOperator(
  ports: BootPorts,
  stores: Stores,
  { operatorName: username, resetOperator: reset }: BootOptions,
): Promise<string> {
  // Not by the name: whoever registered with one that is configured later must not be taken for the operator.
  const known = await stores.boot.targetOf(OPERATOR_MADE);
  if (known !== null) {
    if (reset && !(await ports.files.operator.exists())) await resetOperator(ports, stores, known);
    return known;
  }
  const now = ports.clock.now();
  const id = ports.newId('user');
  await stores.users.insert({
    id,
    username,
    displayName: 'Operator',
    email: null,
    status: 'ACTIVE',
    operator: true,
    createdAt: now,
    directoryId: null,
    disabledBy: null,
    ...(await newOperatorCredentials(ports, { id, username })),
  });
  await audit(stores, OPERATOR_MADE, id);
  await stores.feed.append([{ kind: 'USER', subject: id, state: 'ACTIVE', data: { operator: true } }], now);
  return id;
}

/** For an operator who is locked out or was robbed: nothing from before is good afterwards. */
async function resetOperator(ports: BootPorts, stores: Stores, id: string): Promise<void> {
  const now = ports.clock.now();
  const username = (await stores.users.find(id))?.username ?? '';
  const { passwordHash, totpSecret } = await newOperatorCredentials(ports, { id, username });
  await stores.users.resetOperator(id, passwordHash, totpSecret);
  await stores.recoveryCodes.retireAllOf(id, now);
  const ended = await endAllThatLives(stores, id, 'CREDENTIALS_REPLACED', now);
  await audit(stores, 'firstBoot.resetOperator', id);
  await stores.feed.append([{ kind: 'USER', subject: id, state: 'ACTIVE', data: { operator: true } }, ...ended], now);
}

/** Fresh credentials, written to the operator's file already. */
async function newOperatorCredentials(
  ports: BootPorts,
  { id, username }: { readonly id: string; readonly username: string },
): Promise<{ readonly passwordHash: string; readonly totpSecret: Uint8Array }> {
  const password = ports.secrets.newPassword();
  const totpSecret = ports.totp.newSecret();
  const passwordHash = await ports.hasher.hash(password);
  await ports.files.operator.write({ username, password, totpSecret });
  await faultpoint('identity.firstBoot.afterOperatorFile');
  return { passwordHash, totpSecret: ports.sealer.seal(totpSecret, totpPurpose(id)) };
}

async function ensureGroupLocal(ports: BootPorts, stores: Stores, operatorId: string): Promise<void> {
  const now = ports.clock.now();
  if (!(await stores.groups.insert({ id: wellKnown.groupLocal, name: 'local', archivedAt: null }, now))) return;
  const member = { groupId: wellKnown.groupLocal, userId: operatorId, role: 'ADMIN', source: 'LOCAL' } as const;
  await stores.groups.setMember(member, now);
  await audit(stores, 'firstBoot.group', wellKnown.groupLocal);
  const subject = membershipSubject(wellKnown.groupLocal, operatorId);
  await stores.feed.append([{ kind: 'MEMBERSHIP', subject, state: 'ADMIN', data: {} }], now);
}

/** The controller is a program of this installation: where its file is lost, its secret is simply made anew. */
async function ensureLocalController(
  ports: BootPorts,
  stores: Stores,
  { isAlone }: { readonly isAlone: boolean },
): Promise<void> {
  const id = wellKnown.serviceAccountLocalController;
  const known = await stores.serviceAccounts.find(id);
  if (known !== null && (!isAlone || (await ports.files.localController.exists()))) return;
  const now = ports.clock.now();
  const clientSecret = ports.secrets.newToken('tgs');
  const secretHash = ports.secrets.digest(clientSecret);
  await ports.files.localController.write({ clientId: id, clientSecret, clusterId: wellKnown.clusterLocal });
  await faultpoint('identity.firstBoot.afterControllerFile');
  if (known === null) {
    await stores.serviceAccounts.insert(
      {
        id,
        name: 'local controller',
        scopes: ['compute:control', 'accounting:usage'],
        clusterIds: [wellKnown.clusterLocal],
        createdAt: now,
        lastUsedAt: null,
        disabledAt: null,
      },
      secretHash,
    );
  } else {
    for (const lost of await stores.serviceAccounts.liveSecrets(id, now)) {
      await stores.serviceAccounts.endSecret(id, lost.number, now);
    }
    await stores.serviceAccounts.addSecret(id, secretHash, now);
  }
  await audit(stores, 'firstBoot.localController', id);
}

async function ensureFirstServiceAccount(
  ports: BootPorts,
  stores: Stores,
  wish: BootOptions['serviceAccount'],
): Promise<void> {
  if (wish === null) return;
  const made = await ensureServiceAccount({ ...ports, file: ports.files.serviceAccount }, stores, wish);
  if (made !== null) await audit(stores, 'firstBoot.serviceAccount', made);
}

const audit = (stores: Stores, action: string, target: string): Promise<void> =>
  stores.audit.write({ actor: 'service:identity', action, target, outcome: 'OK', requestId: 'start', clientIp: '' });
