import { certificateFaultOf } from '../../../../../platform/tls/certificateFault.js';
import type { S3Config } from '../../../s3Config.js';
import type { S3Fault } from './s3Fault.js';

/** What clocks may differ by; S3 itself refuses a quarter of an hour. */
const SKEW_MS_MAX = 300_000;

const RIGHTS: Readonly<Record<string, string>> = {
  ListObjectsV2: 'list it (s3:ListBucket)',
  PutObject: 'write to it (s3:PutObject)',
  GetObject: 'read from it (s3:GetObject)',
  DeleteObjects: 'delete from it (s3:DeleteObject)',
};

/** What is wrong with the connection to a bucket, or with what it lets storage do: a sentence for the operator, without a secret. */
export function s3Trouble({ code, status, operation }: S3Fault, config: S3Config): string {
  const { endpoint, bucket, accessKeyId, region } = config;
  const tls = tlsTrouble(code, endpoint);
  if (tls !== null) return tls;
  switch (code) {
    case 'NoSuchBucket':
      return `The object store at ${endpoint} has no bucket ${bucket}; make it, or correct STORAGE_S3_BUCKET.`;
    case 'InvalidAccessKeyId':
      return `The object store at ${endpoint} does not know the access key ${accessKeyId}; correct STORAGE_S3_ACCESS_KEY_ID.`;
    case 'SignatureDoesNotMatch':
      return `The object store at ${endpoint} does not take the secret of the access key ${accessKeyId}; correct STORAGE_S3_SECRET_ACCESS_KEY.`;
    case 'AccessDenied':
      return `The access key ${accessKeyId} (STORAGE_S3_ACCESS_KEY_ID) may use the bucket ${bucket} at ${endpoint}, but not ${RIGHTS[operation]}; give it that right, or name another key.`;
    case 'RequestTimeTooSkewed':
      return `The clocks of this machine and of the object store at ${endpoint} (STORAGE_S3_ENDPOINT) are more than a quarter of an hour apart; set the one that is wrong.`;
    case 'AuthorizationHeaderMalformed':
    case 'PermanentRedirect':
      return `The object store at ${endpoint} does not have the bucket ${bucket} in the region ${region}; correct STORAGE_S3_REGION or STORAGE_S3_ENDPOINT.`;
    case 'QuotaExceeded':
      return `The bucket ${bucket} at ${endpoint} is full (QuotaExceeded); raise its quota, or correct STORAGE_S3_BUCKET.`;
    default:
      return status === null
        ? `The object store at ${endpoint} cannot be reached (${code}); start it, or correct STORAGE_S3_ENDPOINT.`
        : `The object store at ${endpoint} does not do ${operation} in the bucket ${bucket} (${code}, HTTP ${status}); see what its log says, or correct STORAGE_S3_ENDPOINT.`;
  }
}

function tlsTrouble(code: string, endpoint: string): string | null {
  const certificate = `The certificate of the object store at ${endpoint}`;
  switch (certificateFaultOf(code)) {
    case 'expired':
      return `${certificate} has expired by this machine's clock; renew it there, or set the clock (STORAGE_S3_ENDPOINT).`;
    case 'notYetGood':
      return `${certificate} is not good yet by this machine's clock; set the clock that is wrong (STORAGE_S3_ENDPOINT).`;
    case 'otherName':
      return `${certificate} does not name ${new URL(endpoint).hostname}; correct STORAGE_S3_ENDPOINT, or make a certificate with that name.`;
    case 'untrusted':
      return `${certificate} is not signed by an authority that is trusted; name the authority's file by STORAGE_S3_CA_FILE.`;
    case 'noTls':
      return `What answers at ${endpoint} does not speak TLS; switch it on there, or correct STORAGE_S3_ENDPOINT.`;
    default:
      return null;
  }
}

/** Whether the store is away, or not able to answer now, so that to try again later may help. */
export const isAbsence = ({ code, status }: S3Fault): boolean =>
  status === null ? certificateFaultOf(code) === null : status >= 500 || status === 429;

/** What is wrong with the clocks, in a sentence; null where they agree. @param offsetMs what the store's is ahead of this one */
export function clockTrouble(offsetMs: number, { endpoint }: S3Config): string | null {
  const minutes = Math.round(Math.abs(offsetMs) / 60_000);
  if (Math.abs(offsetMs) < SKEW_MS_MAX) return null;
  return `The clock of this machine is ${minutes} minutes ${offsetMs > 0 ? 'behind' : 'ahead of'} that of the object store at ${endpoint} (STORAGE_S3_ENDPOINT); set the one that is wrong.`;
}
