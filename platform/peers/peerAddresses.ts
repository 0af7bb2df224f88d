/** How long an address is left alone to which no connection could be made. */
const FAILED_MS = 1_000;
/** How long one is left alone that said it goes: longer than it takes to go. */
const DRAINING_MS = 5_000;
/** How long one is left alone that kept silent: each look at it costs a call its time. */
const SILENT_MS = 10_000;
const REST_MS = { FAILED: FAILED_MS, DRAINING: DRAINING_MS, SILENT: SILENT_MS } as const;

/** Addresses that others are chosen before, each with the end of this. */
const resting = new Map<string, number>();
/** Which of several addresses comes next, by all of them. */
const turns = new Map<string, number>();
/** All addresses of the peer that has one. */
const siblings = new Map<string, readonly string[]>();

/**
 * Chooses one of a peer's addresses, each in its turn; those that went or failed lately come only where there is no other.
 * @param addresses one for each replica, or the one of a balancer before them; at least one
 */
export function chooseAddress(addresses: readonly string[]): string {
  const now = performance.now();
  const awake = addresses.filter((address) => (resting.get(address) ?? 0) <= now);
  const among = awake.length > 0 ? awake : addresses;
  const key = addresses.join(' ');
  const turn = (turns.get(key) ?? 0) + 1;
  turns.set(key, turn);
  const chosen = among[turn % among.length];
  if (chosen === undefined) throw new Error('a peer needs an address');
  siblings.set(chosen, addresses);
  return chosen;
}

/** Whether its peer has another address that does not rest. */
export function hasOtherAwake(address: string): boolean {
  const now = performance.now();
  return (siblings.get(address) ?? []).some((other) => other !== address && (resting.get(other) ?? 0) <= now);
}

/** Leaves an address alone for a while, since its service goes, cannot be reached or keeps silent; never for less than it is anyway. */
export function avoidAddress(address: string, why: keyof typeof REST_MS): void {
  resting.set(address, Math.max(resting.get(address) ?? 0, performance.now() + REST_MS[why]));
}
