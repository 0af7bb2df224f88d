import type { Variables } from '../../platform/server/settings.js';

const NAME = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g;

/**
 * A reader tells one thing that is wrong. What it would tell next is found by reading without that variable, but nothing that
 * is wrong only because it is gone.
 */
export async function faultsOf<Value>(
  reader: (variables: Variables) => Value | Promise<Value>,
  variables: Variables,
): Promise<{ readonly value: Value | null; readonly faults: ReadonlyMap<string, string> }> {
  const faults = new Map<string, string>();
  const left: Record<string, string | undefined> = { ...variables };
  for (;;) {
    try {
      const value = await reader(left);
      return { value: faults.size === 0 ? value : null, faults };
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const named = error.message.match(NAME) ?? [];
      const about = error.message.split(' ')[0] ?? '';
      const isNews =
        !faults.has(about) && named.every((name) => left[name] !== undefined || variables[name] === undefined);
      if (isNews) faults.set(about, error.message);
      const blamed = named.filter((name) => left[name] !== undefined);
      if (blamed.length === 0) return { value: null, faults };
      for (const name of left[about] === undefined ? blamed : [about]) delete left[name];
    }
  }
}
