import type { Grant } from '../grant.js';
import { errorOfRefusal } from '../oauthError.js';
import { required } from '../readForm.js';
import { requirePublicClient } from '../requirePublicClient.js';

/** A session for a device login that was approved on another device (RFC 8628 section 3.4). */
export const deviceCode: Grant = async ({ form, client, call }, { usecases }) => {
  requirePublicClient(client);
  const result = await usecases.pollDeviceLogin({ deviceCode: required(form, 'device_code') }, call);
  if (!result.ok) throw errorOfRefusal(result.refusal);
  return result.value;
};
