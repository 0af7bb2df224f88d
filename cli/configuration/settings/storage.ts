import { number, type SettingSection, text } from '../setting.js';
import { commonSettings } from './services.js';

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
      about: 'Where objects are kept, an absolute path.',
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
      about: 'What all drives together may hold, in bytes.',
      otherwise: 'as much as the disk has',
      example: '500000000000',
    },
  ],
};
