/** How items are gathered. */
interface BatcherOptions {
  /** Items of one batch at the most. */
  readonly itemsMax: number;
  /** How long the first of a batch waits for company while other batches are in flight. */
  readonly waitMs: number;
  /** Batches at the same time; the next gathers meanwhile. */
  readonly inFlightMax: number;
}

/** Gathers single items into batches and gives each its answer. */
interface Batcher<Item, Answer> {
  submit(item: Item): Promise<Answer>;
  /** Resolves when nothing waits or is in flight. */
  drained(): Promise<void>;
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}

/**
 * Runs `process` on batches: at once while nothing is in flight, since waiting for company would only cost time then,
 * else when a batch is full or its first item has waited long enough.
 * @param process gives one answer for each item, in their order; when it throws, every item of the batch gets the error
 */
export function makeBatcher<Item, Answer>(
  process: (items: readonly Item[]) => Promise<readonly Answer[]>,
  options: BatcherOptions,
): Batcher<Item, Answer> {
  const waiting: Waiting<Item, Answer>[] = [];
  const idle: (() => void)[] = [];
  let inFlight = 0;
  let timer: NodeJS.Timeout | undefined;

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    const batch = waiting.splice(0, options.itemsMax);
    if (batch.length === 0) return;
    inFlight += 1;
    void run(batch).finally(() => {
      inFlight -= 1;
      // What gathered meanwhile has waited for a batch's time already.
      if (waiting.length > 0 && inFlight < options.inFlightMax) flush();
      if (waiting.length === 0 && inFlight === 0) for (const tell of idle.splice(0)) tell();
    });
    if (waiting.length > 0) consider();
  }

  function consider(): void {
    if (inFlight >= options.inFlightMax) return;
    if (inFlight === 0 || waiting.length >= options.itemsMax) flush();
    else timer ??= setTimeout(flush, options.waitMs);
  }

  async function run(batch: readonly Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await process(batch.map(({ item }) => item));
      if (answers.length !== batch.length) throw new Error('a batch was answered in part');
      for (const [position, answer] of answers.entries()) batch[position]?.resolve(answer);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    submit: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        // In the next turn, so that what one request submits side by side travels together.
        setImmediate(consider);
      }),
    drained: () =>
      waiting.length === 0 && inFlight === 0 ? Promise.resolve() : new Promise((resolve) => void idle.push(resolve)),
  };
}
