// Does only so much of something at once; the rest waits its turn.

/**
 * @param most of it that is under way at once
 * @returns does what it is given as soon as it is its turn, in the order asked; its result, or its error
 */
export function atMost(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let underWay = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (underWay >= most) await new Promise<void>((turn) => waiting.push(turn));
    else underWay++;
    try {
      return await work();
    } finally {
      // Whoever waits takes the place over, so that nobody who comes now goes before.
      const next = waiting.shift();
      if (next === undefined) underWay--;
      else next();
    }
  };
}
