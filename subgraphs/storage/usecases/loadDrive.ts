import type { Drive } from '../domain/drive.js';
import type { Records } from './ports.js';

/** The drive that was remembered under a key. Drives are never deleted, so that a missing one is a fault. */
export async function loadDrive(saved: unknown, { drives }: Records): Promise<Drive> {
  const [drive] = await drives.byIds([String(saved)]);
  if (drive === undefined) throw new Error(`Drive ${String(saved)} is remembered and not there.`);
  return drive;
}
