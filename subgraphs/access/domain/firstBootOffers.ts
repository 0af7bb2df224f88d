import { MICROS_PER_UNIT } from '../../../platform/kernel/money.js';
import { wellKnown } from '../../../platform/kernel/wellKnown.js';
import type { Offer } from './offer.js';

const given = {
  status: 'ACTIVE',
  price: { micros: MICROS_PER_UNIT, unit: wellKnown.unit },
  providerId: wellKnown.groupLocal,
  payeeAccountId: wellKnown.accountRevenueLocal,
  version: 1,
  approval: 'AUTOMATIC',
  minimumQuantityMicros: null,
  maximumQuantityMicros: null,
  minimumDays: null,
  maximumDays: null,
  validFrom: null,
  validUntil: null,
  twoPeopleAboveMicros: null,
  visibleTo: [],
} as const;

/** The two offers that every installation has from its first start (contract.md, Operations). */
export const firstBootOffers: readonly Offer[] = [
  {
    ...given,
    id: wellKnown.offerStorage,
    kind: 'STORAGE',
    name: 'Local drive',
    description: 'An encrypted drive on this installation, priced by the GiB and month.',
    per: 'GIB_MONTH',
    resource: null,
  },
  {
    ...given,
    id: wellKnown.offerCompute,
    kind: 'COMPUTE',
    name: 'Local compute',
    description: 'Time on the cores of this installation, priced by the core-hour.',
    per: 'CORE_HOUR',
    resource: wellKnown.clusterLocal,
  },
];
