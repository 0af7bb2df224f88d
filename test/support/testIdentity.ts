import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeJwt, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { ASSERTION_HEADER } from '../../platform/auth/assertion.js';
import type { FeedRow } from '../../platform/auth/feedRow.js';
import { type MandateClaims, signMandate } from '../../platform/auth/mandateToken.js';
import { newId } from '../../platform/kernel/ids.js';

/** The issuer of tokens in tests. */
export const TEST_ISSUER = 'http://tollgate.test';

/** What a token is to say. */
export interface TokenWish {
  readonly subject: string;
  readonly sessionId?: string;
  readonly scopes?: readonly string[];
  readonly audience?: string;
  readonly actor?: string;
  /** Who acted before the actor. */
  readonly through?: string;
  readonly clusterIds?: readonly string[];
  readonly expiresInSeconds?: number;
  readonly tokenId?: string;
  readonly restricted?: boolean;
}

const PERSON_SCOPES = [
  'accounting:spend',
  'access:request',
  'storage:read',
  'storage:write',
  'compute:submit',
  'identity:groups',
];

/**
 * Stands in for the identity service in tests of the other subgraphs: a real signing key, a feed that they really
 * follow over HTTP, and exchangeToken. What identity itself does is tested in test/identity.
 */
export interface TestIdentity {
  readonly url: string;
  issueToken(wish: TokenWish): Promise<string>;
  /** Signs a mandate as identity does, for the account and payee that are named. */
  issueMandate(
    wish: Pick<MandateClaims, 'issuerId' | 'accountId' | 'payeeId'> & Partial<MandateClaims>,
  ): Promise<string>;
  publish(row: Pick<FeedRow, 'kind' | 'subject' | 'state'> & { data?: Record<string, unknown> }): void;
  stop(): Promise<void>;
}

const actOf = (sub: string, through: string | undefined) =>
  through === undefined ? { sub } : { sub, act: { sub: through } };

/** The names of a person or group at the stand-in for identity. */
export const namesOf = (id: string) => ({ username: `user-${id.slice(-6)}`, name: `group ${id.slice(-6)}` });

/** Starts one on a free port of the loopback address. */
export async function startTestIdentity(): Promise<TestIdentity> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = 'test-key';
  const rows: FeedRow[] = [];
  const waiting = new Set<() => void>();

  const publish: TestIdentity['publish'] = ({ kind, subject, state, data = {} }) => {
    const mark = randomUUID();
    rows.push({ sequence: rows.length + 1, mark, kind, subject, state, data, recordedAt: new Date().toISOString() });
    for (const wake of [...waiting]) wake();
  };
  const jwk: JWK = { ...(await exportJWK(publicKey)), alg: 'ES256', kid, use: 'sig' };
  publish({ kind: 'KEY', subject: kid, state: 'PUBLISHED', data: { ...jwk } });

  const issueToken: TestIdentity['issueToken'] = (wish) =>
    new SignJWT({
      scope: (wish.scopes ?? PERSON_SCOPES).join(' '),
      ...(wish.subject.startsWith('usr_') ? { sid: wish.sessionId ?? newId('session') } : {}),
      ...(wish.actor === undefined ? {} : { act: actOf(wish.actor, wish.through) }),
      ...(wish.restricted === true ? { restricted: true } : {}),
      ...(wish.clusterIds === undefined ? {} : { clusterIds: wish.clusterIds }),
    })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid })
      .setIssuer(TEST_ISSUER)
      .setAudience(wish.audience ?? 'tollgate')
      .setSubject(wish.subject)
      .setJti(wish.tokenId ?? newId('audit'))
      .setIssuedAt()
      .setExpirationTime(Math.floor(Date.now() / 1000) + (wish.expiresInSeconds ?? 600))
      .sign(privateKey);

  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = (body: unknown) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(body));
      };
      const url = new URL(request.url ?? '/', 'http://identity.test');
      // A service tells at /health/ready whether it reaches its peers.
      if (url.pathname === '/health/live') return answer({ status: 'live' });
      if (url.pathname === '/feed') {
        const after = Number(url.searchParams.get('after'));
        const isSameFeed = after === 0 || rows[after - 1]?.mark === url.searchParams.get('mark');
        const give = () => answer({ isSameFeed, rows: isSameFeed ? rows.slice(after) : [], head: rows.length });
        if (!isSameFeed || rows.length > after || url.searchParams.get('waitMilliseconds') === '0') return give();
        const wake = (): void => {
          clearTimeout(timer);
          waiting.delete(wake);
          give();
        };
        const timer = setTimeout(wake, Number(url.searchParams.get('waitMilliseconds')));
        waiting.add(wake);
        response.once('close', () => {
          clearTimeout(timer);
          waiting.delete(wake);
        });
        return;
      }
      const { variables } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as {
        variables: {
          input: { subjectToken: string; audience: string; scopes: string[] };
          representations?: readonly { readonly __typename: string; readonly id: string }[];
        };
      };
      // Everybody has a name here: what stands after the prefix of the id.
      if (variables.representations !== undefined) {
        const named = variables.representations.map(({ __typename, id }) => ({ __typename, id, ...namesOf(id) }));
        return answer({ data: { _entities: named } });
      }
      const subject = decodeJwt(variables.input.subjectToken);
      const actor = decodeJwt(String(request.headers[ASSERTION_HEADER])).iss ?? '';
      void issueToken({
        subject: String(subject.sub),
        sessionId: String(subject['sid']),
        scopes: variables.input.scopes,
        audience: variables.input.audience,
        actor,
      }).then((accessToken) =>
        answer({
          data: {
            exchangeToken: { accessToken, expiresAt: new Date(Date.now() + 600_000).toISOString(), refusal: null },
          },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    issueToken,
    issueMandate: (wish) =>
      signMandate(
        {
          id: newId('mandate'),
          resource: 'room 1',
          maximum: { micros: 10_000_000n, unit: 'CREDIT' },
          expiresAt: new Date(Date.now() + 600_000),
          once: false,
          ...wish,
        },
        { issuer: TEST_ISSUER, kid, algorithm: 'ES256', privateKey },
      ),
    publish,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
