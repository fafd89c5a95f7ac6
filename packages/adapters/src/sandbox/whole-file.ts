// Files that are there whole or not at all: who reads one beside us, or after a kill, never finds a part of it.
import { randomUUID } from 'node:crypto';
import { chmodSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Puts a file in the place of the one that may be there. Who has that one open goes on reading it.
 * @param mode whatever our umask is
 */
export function putWhole(file: string, text: string | Uint8Array, mode = 0o644): void {
  const fresh = `${file}.${randomUUID()}`;
  writeFileSync(fresh, text, { mode });
  chmodSync(fresh, mode);
  renameSync(fresh, file);
}
