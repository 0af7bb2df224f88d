import type { Viewer } from '../../../platform/auth/viewer.js';
import { isId } from '../../../platform/kernel/ids.js';
import type { Quote } from '../domain/quote.js';
import type { Loaders } from './ports.js';
import { maySeeOf } from './visibility.js';

/** One quote; null where the viewer may not see it or there is none. */
export async function findQuote(viewer: Viewer, { quotes }: Loaders, id: string): Promise<Quote | null> {
  const quote = isId('quote', id) ? await quotes.load(id) : null;
  return quote !== null && maySeeOf(viewer, quote.requesterId) ? quote : null;
}
