import type { FastifyError, FastifyInstance, FastifyReply } from 'fastify';
import { badUserInput, Fault, limitExceeded } from '../platform/kernel/faults.js';
import { limits } from '../platform/kernel/limits.js';
import { faultBody, httpStatusOf } from '../platform/server/errors.js';
import type { Logger } from '../platform/server/log.js';

/** Gives everything that goes wrong before GraphQL begins the same form as GraphQL's errors. */
export function answerHttpErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: FastifyError | Fault, _request, reply) => {
    if (error instanceof Fault) {
      if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer');
      return send(reply, error, httpStatusOf(error));
    }
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
      // The rest of the body is still on its way; it is not waited for.
      reply.header('connection', 'close');
      return send(reply, limitExceeded('body', `The body is larger than ${limits.bodyBytesMax} bytes.`), 400);
    }
    if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
      return send(reply, badUserInput('Send the operation as JSON, with content-type: application/json.'), 415);
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return send(reply, badUserInput('The request is not well-formed HTTP.'), error.statusCode);
    }
    log.error({ err: error }, 'unexpected error outside of GraphQL');
    return send(reply, new Fault('INTERNAL', 'Something went wrong here; it has been logged.'), 500);
  });
}

const send = (reply: FastifyReply, fault: Fault, status: number): FastifyReply =>
  reply.status(status).type('application/json; charset=utf-8').send(faultBody(fault));
