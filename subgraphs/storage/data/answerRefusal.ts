import type { FastifyReply } from 'fastify';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { RefusalCode } from '../../../platform/kernel/refusals/registry.js';

const STATUS: Partial<Record<RefusalCode, number>> = {
  URL_INVALID: 403,
  URL_EXPIRED: 403,
  DRIVE_NOT_ACTIVE: 403,
  UPLOAD_NOT_OPEN: 409,
  LENGTH_MISMATCH: 400,
  RANGE_NOT_SATISFIABLE: 416,
  CAPACITY_EXCEEDED: 507,
};

/** Answers a refusal of the data plane: its status, and code and message as JSON. */
export function answerRefusal(reply: FastifyReply, { code, message }: Refusal): FastifyReply {
  return refuse(reply, STATUS[code] ?? 400, code, message);
}

/** Answers with a code that is not a use case's refusal. */
export const refuse = (reply: FastifyReply, status: number, code: string, message: string): FastifyReply =>
  reply
    .status(status)
    .headers({ 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    .send(JSON.stringify({ code, message }));
