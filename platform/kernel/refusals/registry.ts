import { accessRefusals } from './access.js';
import { accountingRefusals } from './accounting.js';
import { commonRefusals } from './common.js';
import { computeRefusals } from './compute.js';
import { identityRefusals } from './identity.js';
import { storageRefusals } from './storage.js';

/** Every refusal code with what it means and what to do: docs/refusals.md is made from this, and each has a test. */
export const refusalRegistry = {
  ...commonRefusals,
  ...identityRefusals,
  ...accessRefusals,
  ...accountingRefusals,
  ...storageRefusals,
  ...computeRefusals,
} as const;

/** A code of the registry. */
export type RefusalCode = keyof typeof refusalRegistry;
