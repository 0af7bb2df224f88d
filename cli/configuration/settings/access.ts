import { number, type SettingSection } from '../setting.js';
import { commonSettings } from './services.js';

/** Offers, requests and grants. */
export const access: SettingSection = {
  name: 'access',
  about: 'Offers, requests and grants.',
  settings: [
    ...commonSettings('access'),
    {
      key: 'access.leaseMs',
      variable: 'ACCESS_LEASE_MS',
      form: number,
      about: 'How long a chain is in the hands of a runner that writes nothing, in milliseconds: 100 to 99999.',
      otherwise: '10000',
    },
    {
      key: 'access.callTimeoutMs',
      variable: 'ACCESS_CALL_TIMEOUT_MS',
      form: number,
      about: 'How long the answer of another service is awaited, in milliseconds; below leaseMs.',
      otherwise: '5000',
    },
  ],
};
