/** What a signed URL opens. The ids of a person and a session are in it, so that the URL ends with them. */
export type SignedTarget =
  | {
      readonly kind: 'part';
      readonly uploadId: string;
      readonly number: number;
      readonly bytes: number;
      readonly bearer: Bearer;
    }
  | { readonly kind: 'version'; readonly versionId: string; readonly bearer: Bearer }
  | { readonly kind: 'jobInput'; readonly jobId: string; readonly versionId: string };

/** For whom a URL was signed. */
export interface Bearer {
  readonly userId: string;
  readonly sessionId: string;
}

/** The fields of a signed URL that stand in its query, all of them under the signature. */
export interface SignedFields {
  readonly expires: string;
  readonly user?: string;
  readonly session?: string;
  readonly length?: string;
  /** The number of the key that signed it. */
  readonly key: string;
}

/** The method a URL is good for. HEAD goes where GET goes. */
export const methodOf = (target: SignedTarget): 'PUT' | 'GET' => (target.kind === 'part' ? 'PUT' : 'GET');

/** The path of a URL. Ids have URL-safe characters alone. */
export function pathOf(target: SignedTarget): string {
  switch (target.kind) {
    case 'part':
      return `/data/uploads/${target.uploadId}/parts/${target.number}`;
    case 'version':
      return `/data/versions/${target.versionId}`;
    case 'jobInput':
      return `/data/jobs/${target.jobId}/inputs/${target.versionId}`;
  }
}

/** The fields of a URL. @param expiresAt until when it works, in whole seconds (rounded down) */
export function fieldsOf(target: SignedTarget, expiresAt: Date, keyNumber: number): SignedFields {
  const expires = String(Math.floor(expiresAt.getTime() / 1_000));
  const key = String(keyNumber);
  if (target.kind === 'jobInput') return { expires, key };
  const bearer = { user: target.bearer.userId, session: target.bearer.sessionId };
  if (target.kind === 'version') return { expires, ...bearer, key };
  return { expires, ...bearer, length: String(target.bytes), key };
}

/**
 * What is signed: the version of this form, the method, the path and every field by name and in a fixed order. JSON
 * keeps two neighbouring values apart, so that no two URLs have the same text.
 */
export const textToSign = (method: string, path: string, fields: SignedFields): string =>
  JSON.stringify([
    'tollgate-storage-url-1',
    method,
    path,
    fields.expires,
    fields.user ?? null,
    fields.session ?? null,
    fields.length ?? null,
    fields.key,
  ]);
