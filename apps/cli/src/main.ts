// The `mainloop` command line. Every verb goes through the same api as the page, and every verb takes --json.
import { Command } from 'commander';
import { apiAt, Refused } from './client.ts';
import type { Context } from './context.ts';
import { registerLocal } from './local.ts';
import { apiToken } from './up/settings.ts';
import { registerWork } from './work.ts';

const program = new Command('mainloop')
  .description('One conversation that manages all of your AI coding work.')
  .option('--json', 'print JSON')
  .option('--api <url>', 'where the api answers', process.env.MAINLOOP_API ?? `http://127.0.0.1:${process.env.API_PORT ?? 8000}`)
  .showHelpAfterError();
const context: Context = {
  api: () => apiAt(program.opts<{ api: string }>().api, apiToken(process.env)),
  out: (data, text) => void process.stdout.write(program.opts<{ json?: boolean }>().json ? `${JSON.stringify(data, null, 2)}\n` : `${text}\n`),
};
registerLocal(program, context);
registerWork(program, context);

try {
  await program.parseAsync();
} catch (err) {
  if (!(err instanceof Refused)) throw err;
  if (program.opts<{ json?: boolean }>().json) process.stdout.write(`${JSON.stringify({ error: err.message })}\n`);
  else process.stderr.write(`${err.message}\n`);
  process.exitCode = 1;
}
