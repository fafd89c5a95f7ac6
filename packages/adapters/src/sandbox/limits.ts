// How much of the machine one sandbox may take. Pure: what is there comes in, numbers go out.

/**
 * Processes and threads of one sandbox when nobody has said otherwise: enough for the widest builds, and no
 * machine falls over them.
 */
export const MAX_PROCESSES = 4_096;

export interface SandboxLimits {
  /** Processes and threads together. */
  readonly maxProcesses: number;
  /** All processes of the sandbox and its /tmp together. */
  readonly maxMemoryMiB: number;
  readonly maxFileMiB: number;
  /** Clone, home and everything else that outlives a run. */
  readonly maxDiskMiB: number;
  readonly maxDiskFiles: number;
  /** /tmp and its like, which are memory. */
  readonly maxTmpMiB: number;
  /** Share of a busy processor next to everything else on the machine, which has 100. */
  readonly cpuWeight: number;
}

/** What a person has set; the rest is derived from the machine. */
export type WantedLimits = { readonly [K in keyof SandboxLimits]?: SandboxLimits[K] | undefined };

const between = (low: number, n: number, high: number): number =>
  Math.round(Math.min(Math.max(n, low), high));

/**
 * Room enough to build a real project on this machine, and not enough to bring it down.
 * @param machine.memoryMiB all memory of the machine
 * @param machine.diskMiB size of the volume that holds the sandboxes
 * @param wanted what a person has set
 */
export function limitsFor(
  machine: { memoryMiB: number; diskMiB: number },
  wanted: WantedLimits = {},
): SandboxLimits {
  const maxMemoryMiB = wanted.maxMemoryMiB ?? Math.round(Math.max(1_024, machine.memoryMiB * 0.6));
  const maxDiskMiB = wanted.maxDiskMiB ?? between(1_024, machine.diskMiB * 0.25, 30 * 1_024);
  return {
    maxProcesses: wanted.maxProcesses ?? MAX_PROCESSES,
    maxMemoryMiB,
    maxFileMiB: wanted.maxFileMiB ?? Math.min(maxDiskMiB, 8 * 1_024),
    maxDiskMiB,
    maxDiskFiles: wanted.maxDiskFiles ?? 2_000_000,
    maxTmpMiB: wanted.maxTmpMiB ?? between(64, maxMemoryMiB * 0.25, 2_048),
    cpuWeight: wanted.cpuWeight ?? 50,
  };
}

/** What holds on this machine, in words for a person. @param missing controllers that the kernel does not give us */
export function limitWords(limits: SandboxLimits, missing: readonly string[]): string {
  const numbers = `each sandbox may have ${limits.maxProcesses} processes, ${limits.maxMemoryMiB} MiB of memory and ${limits.maxDiskMiB} MiB of disk`;
  if (missing.length === 0) return `${numbers}; the kernel holds processes, memory and processor`;
  return `${numbers}; no control group for ${missing.join(', ')}: processes are held by rlimit, memory is looked at once a second, the processor is not shared out`;
}
