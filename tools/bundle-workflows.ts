// Bundles the workflows once, so that a worker starts without webpack in its memory. Fails when the bundle
// grows: it may only hold flow and the SDK, and anything with I/O in it would be far bigger.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const worker = path.join(path.dirname(fileURLToPath(import.meta.url)), '../apps/worker');
const MAX_KIB = 2_200;
const sdk = createRequire(path.join(worker, 'package.json')).resolve('@temporalio/worker');
const { bundleWorkflowCode } = (await import(pathToFileURL(sdk).href)) as {
  bundleWorkflowCode(o: object): Promise<{ code: string }>;
};
const quiet = { log() {}, trace() {}, debug() {}, info() {}, warn: console.warn, error: console.error };
const { code } = await bundleWorkflowCode({
  workflowsPath: path.join(worker, 'src/workflows/index.ts'),
  logger: quiet,
});
const kib = Math.round(code.length / 1024);
if (kib > MAX_KIB)
  throw new Error(
    `the workflow bundle is ${kib} KiB, over ${MAX_KIB}: something with I/O reached the workflows`,
  );
mkdirSync(path.join(worker, 'dist'), { recursive: true });
writeFileSync(path.join(worker, 'dist/workflows.js'), code);
