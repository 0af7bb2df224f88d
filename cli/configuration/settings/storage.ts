import { number, oneZero, type Setting, type SettingSection, text } from '../setting.js';
import { commonSettings } from './services.js';

const bucket: readonly Setting[] = [
  {
    key: 'storage.s3.endpoint',
    variable: 'STORAGE_S3_ENDPOINT',
    form: text,
    about:
      'The object store (S3) that objects are kept in instead of a folder (docs/operations.md). Together with bucket, keys and capacityBytes.',
    otherwise: 'none: objects are in objectsFolder',
    example: 'https://s3.example.org',
  },
  {
    key: 'storage.s3.region',
    variable: 'STORAGE_S3_REGION',
    form: text,
    about: "The bucket's region; stores that have none take any.",
    otherwise: 'us-east-1',
  },
  {
    key: 'storage.s3.bucket',
    variable: 'STORAGE_S3_BUCKET',
    form: text,
    about: 'The bucket, which must be there.',
    otherwise: 'none',
    example: 'tollgate-objects',
  },
  {
    key: 'storage.s3.prefix',
    variable: 'STORAGE_S3_PREFIX',
    form: text,
    about: 'What the names of all objects begin with, for a bucket that others use too.',
    otherwise: 'none',
    example: 'tollgate/objects',
  },
  {
    key: 'storage.s3.accessKeyId',
    variable: 'STORAGE_S3_ACCESS_KEY_ID',
    form: text,
    about: 'The access key. Only the one that is named here is used, never one of the machine or of AWS_ variables.',
    otherwise: 'none',
    example: 'acct:s3.storage#id',
  },
  {
    key: 'storage.s3.secretAccessKey',
    variable: 'STORAGE_S3_SECRET_ACCESS_KEY',
    form: text,
    about: "The access key's secret.",
    otherwise: 'none',
    example: 'acct:s3.storage#secret',
    isSecret: true,
  },
  {
    key: 'storage.s3.caFile',
    variable: 'STORAGE_S3_CA_FILE',
    form: text,
    about:
      "Certificates (PEM) of a private authority that signs the object store's own, beside those that Node.js trusts.",
    otherwise: 'those that Node.js trusts',
    example: '/etc/ssl/private-ca.pem',
  },
  {
    key: 'storage.s3.pathStyle',
    variable: 'STORAGE_S3_PATH_STYLE',
    form: oneZero,
    about: 'Whether the bucket stands in the path of addresses; false: in the name of the host.',
    otherwise: 'true',
  },
];

/** Drives and objects. */
export const storage: SettingSection = {
  name: 'storage',
  about: 'Drives and their objects.',
  settings: [
    ...commonSettings('storage'),
    {
      key: 'storage.publicUrl',
      variable: 'STORAGE_PUBLIC_URL',
      form: text,
      about: 'The address that signed links begin with.',
      otherwise: 'the one it listens on',
      example: 'https://storage.example.org',
    },
    {
      key: 'storage.objectsFolder',
      variable: 'STORAGE_OBJECTS_DIR',
      form: text,
      about: 'Where objects are kept, an absolute path; not together with s3.',
      otherwise: 'objects below the data folder',
      example: '/srv/tollgate-objects',
    },
    {
      key: 'storage.keysFolder',
      variable: 'STORAGE_KEYS_DIR',
      form: text,
      about: 'Where the keys of objects and links are; every replica needs the same.',
      otherwise: 'keys/storage below the data folder',
      example: '/etc/tollgate/storage-keys',
    },
    {
      key: 'storage.capacityBytes',
      variable: 'STORAGE_CAPACITY_BYTES',
      form: number,
      about: 'What all drives together may hold, in bytes; needed with s3.',
      otherwise: 'as much as the disk has',
      example: '500000000000',
    },
    ...bucket,
  ],
};
