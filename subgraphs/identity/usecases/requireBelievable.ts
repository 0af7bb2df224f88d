import { closingsMax } from '../domain/directory.js';
import { DirectoryImplausible } from './ports/directory.js';

/**
 * Where more people are gone than leave at once, a filter or a right is wrong sooner, and the directory is not believed.
 * @param looked how many were looked at, those who are gone among them
 * @throws DirectoryImplausible
 */
export function requireBelievable(gone: number, looked: number): void {
  if (gone <= closingsMax(looked)) return;
  throw new DirectoryImplausible(`it says that ${gone} of ${looked} people are gone; nobody's account is closed`);
}
