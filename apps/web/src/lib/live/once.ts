// What never changes is read once.

/**
 * @param read of something that is the same for ever under its key; one that fails is asked again
 * @param max how many answers are kept; the one that was not wanted for the longest time goes first
 */
export function readOnce<T>(read: (key: string) => Promise<T>, max: number): (key: string) => Promise<T> {
  const kept = new Map<string, Promise<T>>();
  return (key) => {
    const answer = kept.get(key) ?? read(key);
    kept.delete(key);
    kept.set(key, answer);
    if (kept.size > max) kept.delete(kept.keys().next().value!);
    answer.catch(() => kept.get(key) === answer && kept.delete(key));
    return answer;
  };
}
