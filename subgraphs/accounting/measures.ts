import { Gauge, type Registry } from 'prom-client';
import type { Budgets } from './usecases/ports/budgets.js';

/**
 * Adds tollgate_budget_crossings: how often budgets reached each threshold, by percent. Read from the ledger when it is asked
 * for, so that a restart loses nothing; every replica tells the same number.
 */
export function measureBudgets(registry: Registry, budgets: Pick<Budgets, 'countCrossings'>): void {
  const crossings = new Gauge({
    name: 'tollgate_budget_crossings',
    help: 'How often budgets reached a threshold since the ledger began, by percent of the limit.',
    labelNames: ['percent'] as const,
    registers: [registry],
    async collect() {
      for (const [percent, count] of await budgets.countCrossings()) crossings.set({ percent }, count);
    },
  });
}
