import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import type { S3Config } from '../../../s3Config.js';
import { s3Limits } from './s3Limits.js';
import './sdkNoticesOff.js';

const silent = () => undefined;
const SILENT = { trace: silent, debug: silent, info: silent, warn: silent, error: silent };

/**
 * The SDK's client for the bucket. All that it would else look up is told: it reads no AWS_ variable, no file below ~/.aws and asks
 * no metadata address, so that what is configured counts and nothing besides. Certificates are always verified.
 */
export function makeS3Client(config: S3Config): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey, ca, pathStyle } = config;
  const pool = { keepAlive: true, maxSockets: s3Limits.connectionsMax, timeout: s3Limits.idleMs };
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: pathStyle,
    // Objects are sealed, each frame with its tag: a checksum beside it shows nothing more, and not every store takes it in a trailer.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    retryMode: 'standard',
    maxAttempts: s3Limits.attemptsMax,
    defaultsMode: 'standard',
    authSchemePreference: ['aws.auth#sigv4'],
    sigv4aSigningRegionSet: [region],
    disableS3ExpressSessionAuth: true,
    disableMultiregionAccessPoints: true,
    followRegionRedirects: false,
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: 'tollgate',
    logger: SILENT,
    requestHandler: {
      connectionTimeout: s3Limits.connectMs,
      // Silence is watched by whoever asks: a slow client is none of the store's.
      socketTimeout: 0,
      throwOnRequestTimeout: true,
      logger: SILENT,
      httpAgent: new HttpAgent(pool),
      httpsAgent: new HttpsAgent({
        ...pool,
        minVersion: 'TLSv1.2',
        ...(ca === null ? {} : { ca: [...ca] }),
      }),
    },
  });
}
