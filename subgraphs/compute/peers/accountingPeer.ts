import { z } from 'zod';
import { formatMicros, type Money } from '../../../platform/kernel/money.js';
import { ok } from '../../../platform/kernel/result.js';
import type { PeerCall } from '../../../platform/peers/peer.js';
import type { AccountingPort } from '../usecases/ports.js';
import { callPeer, type PeerMutation } from './callPeer.js';
import { fundsFields, refusalFields } from './refusalOf.js';

const holdPayload = z.object({ hold: z.object({ id: z.string() }) });
type HoldPayload = z.infer<typeof holdPayload>;

const placeHold: PeerMutation<HoldPayload> = {
  field: 'placeHold',
  document: `mutation Place($input: PlaceHoldInput!) {
    placeHold(input: $input) { hold { id } refusal { ${refusalFields} ${fundsFields} } }
  }`,
  payload: holdPayload,
};

const captureHold: PeerMutation<HoldPayload> = {
  field: 'captureHold',
  document: `mutation Capture($input: CaptureHoldInput!) {
    captureHold(input: $input) { hold { id } refusal { ${refusalFields} ${fundsFields} } }
  }`,
  payload: holdPayload,
};

const releaseHold: PeerMutation<HoldPayload> = {
  field: 'releaseHold',
  document: `mutation Release($input: ReleaseHoldInput!) {
    releaseHold(input: $input) { hold { id } refusal { ${refusalFields} } }
  }`,
  payload: holdPayload,
};

const moneyInput = ({ micros, unit }: Money) => ({ amount: formatMicros(micros), unit });

/** Accounting over its subgraph. */
export const accountingPeer = (peer: PeerCall): AccountingPort => ({
  async placeHold({ key, amount, ...hold }, token, trace) {
    const input = { ...hold, idempotencyKey: key, amount: moneyInput(amount) };
    const placed = await callPeer(peer, placeHold, input, token, trace);
    return placed.ok ? ok(placed.value.hold.id) : placed;
  },
  async captureHold({ key, holdId, amount }, trace) {
    const input = { idempotencyKey: key, holdId, amount: moneyInput(amount), final: true };
    const captured = await callPeer(peer, captureHold, input, null, trace);
    return captured.ok ? ok(null) : captured;
  },
  async releaseHold({ key, holdId }, trace) {
    const released = await callPeer(peer, releaseHold, { idempotencyKey: key, holdId }, null, trace);
    return released.ok ? ok(null) : released;
  },
});
