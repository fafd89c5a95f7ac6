// Named places where a test may end the process, before and after every effect. Off unless a folder is configured.
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';

export type Hit = (name: string) => void;

/**
 * A file of that name in the folder arms a point once: it is removed and the process is ended as by kill
 * -9.
 * @param dir null: there are no points, and passing one costs nothing
 * @returns is called with a point's name where the process may end
 */
export function failpoints(dir: string | null): Hit {
  if (dir === null) return () => undefined;
  return (name) => {
    const file = path.join(dir, name);
    if (!existsSync(file)) return;
    rmSync(file, { force: true });
    process.kill(process.pid, 'SIGKILL');
  };
}
