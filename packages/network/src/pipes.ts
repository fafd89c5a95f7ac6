// Two connections that are one from now on.
import type { Socket } from 'node:net';

/**
 * Carries both ways until either end is gone; then both are.
 * @param a either end; what it has buffered already is carried too
 */
export function join(a: Socket, b: Socket): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    one.on('error', () => other.destroy());
    one.once('close', () => other.destroy());
    one.pipe(other);
  }
}
