/**
 * `tollgate/acct`: encrypted files of credentials, compatible with the Python tool acct. See docs/acct.md.
 */
export { AcctError } from './acctError.js';
export type { Backend } from './backends/backend.js';
export { acctOptionsOf } from './command/fromEnvironment.js';
export { type AcctSelection, addAcctOptions, readAcctOptions } from './command/programOptions.js';
export type { CryptoPlugin } from './crypto/plugin.js';
export type { PlainValue } from './document/plain.js';
export { type FailureCode, failures } from './failures.js';
export type { Gathered, GatherPlugin, Profiles, Providers } from './plugins/gatherPlugin.js';
export { type Processed, type ProcessOptions, process } from './profiles/process.js';
export { isReference, resolveReference } from './profiles/reference.js';
export { type ProfileTree, type SingleOptions, single } from './profiles/single.js';
export {
  type AcctOptions,
  profiles,
  type Unlocked,
  type UnlockOptions,
  unlock,
  withUnlocked,
} from './profiles/unlock.js';
