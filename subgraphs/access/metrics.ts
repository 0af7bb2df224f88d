import { Gauge, type Registry } from 'prom-client';
import type { SagaCount } from './persistence/sagaRuns.js';
import { sagaNames } from './usecases/ports.js';

/**
 * Adds what somebody should be told of: sagas under way and, of them, those that do not come to their end
 * (`tollgate_access_sagas_stuck` above 0 is an alarm). They are counted in the database, so every replica shows all.
 */
export function addAccessMetrics(registry: Registry, count: () => Promise<readonly SagaCount[]>): void {
  for (const [name, help, read] of [
    ['tollgate_access_sagas_open', 'Sagas under way.', ({ open }: SagaCount) => open],
    ['tollgate_access_sagas_stuck', 'Sagas that do not come to their end.', ({ stuck }: SagaCount) => stuck],
  ] as const) {
    new Gauge({
      name,
      help,
      labelNames: ['saga'],
      registers: [registry],
      async collect() {
        const counts = new Map((await count()).map((one) => [one.saga, read(one)]));
        for (const saga of sagaNames) {
          this.set({ saga }, counts.get(saga) ?? 0);
        }
      },
    });
  }
}
