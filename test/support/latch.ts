/** A gate that a test opens once. */
export interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

/** Makes a closed one. */
export function latch(): Latch {
  let resolveOpened: (() => void) | undefined;
  const opened = new Promise<void>((resolve) => {
    resolveOpened = resolve;
  });
  return { opened, open: () => resolveOpened?.() };
}
