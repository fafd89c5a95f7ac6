/**
 * What every server of ours is started with, on one machine and in the image.
 *
 * A young generation of 4 MiB instead of 16: a push of 100,000 files made the gateway take 205 MiB at its
 * most and takes 160 so, and eight idle processes together take 1,053 MiB instead of 1,109. What it costs in
 * throughput was not measured. `--expose-gc` is for what network/after-start does once.
 */
export const NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--max-semi-space-size=4',
  '--expose-gc',
] as const;

/**
 * Where `make build` puts what Node has compiled of the servers, below the root of mainloop; nothing that an
 * agent can write.
 */
export const COMPILE_CACHE = 'node_modules/.cache/mainloop/compiled';
