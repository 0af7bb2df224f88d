import { isId } from '../../../platform/kernel/ids.js';
import type { Refusal } from '../../../platform/kernel/refusal.js';
import type { Result } from '../../../platform/kernel/result.js';
import type { Extension } from '../domain/extension.js';
import { awaitExtension } from './awaitExtension.js';
import { type DecisionCall, type Docket, decideOn, type StatusChange } from './decideOn.js';
import type { Dependencies } from './dependencies.js';
import type { Caller } from './ports.js';
import { maySeeRequest } from './visibility.js';

/** A call that acts on an extension. */
interface ExtensionCall extends Pick<DecisionCall<Extension, StatusChange>, 'operation' | 'judge'> {
  readonly input: { readonly extensionId: string; readonly idempotencyKey?: string };
}

const extensions: Docket<Extension, StatusChange> = {
  noun: 'extension',
  saga: 'reviewedExtension',
  async lock(store, person, id) {
    const found = isId('extension', id) ? await store.extensions.lock(id) : null;
    return found !== null && maySeeRequest(person, found) ? found : null;
  },
  async write(store, { person, request }, { change, review }) {
    if (review !== undefined) {
      const { verdict, reason } = review;
      await store.extensions.addReview(request.id, { verdict, reason, reviewerId: person.userId });
    }
    await store.extensions.change(request.id, change);
  },
  find: (store, id) => store.extensions.find(id),
  awaitRest: awaitExtension,
};

/** Acts on an extension that waits for people (decideOn). */
export const decideExtension = (
  deps: Dependencies,
  caller: Caller,
  { operation, input, judge }: ExtensionCall,
): Promise<Result<Extension, Refusal>> =>
  decideOn(deps, caller, extensions, {
    operation,
    id: input.extensionId,
    input,
    key: input.idempotencyKey ?? null,
    judge,
  });
