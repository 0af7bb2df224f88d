import type { AcctMap } from '../document/value.js';

/** A store of profiles outside of the file. Plugins of a directory export the same object by default. */
export interface Backend {
  readonly name: string;
  /**
   * Reads the profiles that one backend profile of the file points to: `{provider: {profile: {...}}}`.
   * Throws AcctError BACKEND_FAILED, or anything else, whose text is then kept out of messages.
   */
  unlock(profile: AcctMap, signal: AbortSignal): Promise<AcctMap>;
}
