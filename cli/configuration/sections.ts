import type { Setting, SettingSection } from './setting.js';
import { access } from './settings/access.js';
import { accounting } from './settings/accounting.js';
import { compute, controller } from './settings/compute.js';
import { gateway, general } from './settings/general.js';
import { identity } from './settings/identity.js';
import { logging } from './settings/logging.js';
import { storage } from './settings/storage.js';

/** All that can be set, in the order of the file. */
export const sections: readonly SettingSection[] = [
  general,
  logging,
  gateway,
  identity,
  access,
  accounting,
  storage,
  compute,
  controller,
];

/** All that can be set, one after the other. */
export const settings: readonly Setting[] = sections.flatMap((section) => section.settings);
