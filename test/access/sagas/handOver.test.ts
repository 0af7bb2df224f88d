import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { armFaults } from '../../../platform/faultpoint.js';
import { type AccessWorld, ask, firstAttempt, makeAccessWorld, makeAsking } from '../support/accessWorld.js';

let world: AccessWorld;
beforeAll(async () => {
  world = await makeAccessWorld();
});
afterEach(() => armFaults(''));
afterAll(() => world.stop());

it('a chain that no call waits for is slept by the queue while a peer is away, and keeps no task of it', async () => {
  armFaults('access.requestAccess.provision.before=throw');
  await expect(ask(world, makeAsking(world))).rejects.toThrow('fault injected');
  armFaults('');
  const { id } = await world.prisma.sagaRun.findFirstOrThrow();
  await world.lapse();
  const away = 6;
  world.fake.plan('provisionDrive', { kind: 'down', times: away });
  // Comes back although storage does not: before, it tried for as long as the chain may take.
  await world.access.tasks['access.resumeSaga']?.({ saga: 'requestAccess', id }, firstAttempt);
  expect(await world.prisma.sagaRun.findFirstOrThrow()).toMatchObject({
    step: 'provision',
    direction: 'FORWARD',
    attempts: away,
    runner: null,
  });
  expect(await world.asOwner('SELECT FROM graphile_worker._private_jobs WHERE key = $1', [`saga:${id}`])).toHaveLength(
    1,
  );
  await world.work();
  expect(await world.prisma.accessRequest.findUniqueOrThrow({ where: { id } })).toMatchObject({ status: 'ACTIVE' });
});
