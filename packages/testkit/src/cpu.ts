/**
 * How much of a processor something takes. Unlike the time that passes it is the same on a machine that is busy
 * with other things, so a test can tell a square from a line by it.
 * @param work does it
 * @returns milliseconds of this thread's processor time
 */
export async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  await work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
