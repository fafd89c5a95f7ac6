// The `mainloop` command line. Every verb goes through the same api as the page, and every verb takes --json.
import { Command, CommanderError } from 'commander';
import { apiAt, Refused } from './client.ts';
import type { Context } from './context.ts';
import { exitOf, EXITS, EXIT_WORDS, NotDone } from './exits.ts';
import { registerEvents } from './events.ts';
import { registerLocal } from './local.ts';
import { registerMcp } from './mcp.ts';
import { registerLearnings } from './learnings.ts';
import { registerMemory } from './memory.ts';
import { terminal } from './terminal.ts';
import { apiToken } from './up/settings.ts';
import { registerWork } from './work.ts';
import { registerWorkflow } from './workflow.ts';

const program = new Command('mainloop')
  .description('One conversation that manages all of your AI coding work.')
  .option('--json', 'print JSON')
  .option(
    '--api <url>',
    'where the api answers',
    process.env.MAINLOOP_API ?? `http://127.0.0.1:${process.env.API_PORT ?? 8000}`,
  )
  .showHelpAfterError()
  .addHelpText(
    'after',
    `\nIt ends with ${Object.entries(EXITS)
      .map(([name, code]) => `${code} where ${EXIT_WORDS[name as keyof typeof EXITS]}`)
      .join(', ')}.`,
  )
  // Before the verbs are added, which take it over: what is misunderstood ends with a number of its own.
  .exitOverride();
const { out, line, say, warn, fail } = terminal(
  () => program.opts<{ json?: boolean }>().json === true,
  (text) => void process.stdout.write(text),
  (text) => void process.stderr.write(text),
);
const context: Context = {
  api: () => apiAt(program.opts<{ api: string }>().api, apiToken(process.env)),
  out,
  line,
  say,
  warn,
};
registerLocal(program, context);
registerEvents(program, context);
registerWork(program, context);
registerMcp(program, context);
registerLearnings(program, context);
registerMemory(program, context);
registerWorkflow(program, context);

try {
  await program.parseAsync();
} catch (err) {
  // What Node would print itself may repeat an answer from outside, escape sequences and all.
  if (!(err instanceof CommanderError) && !(err instanceof NotDone))
    fail(err instanceof Refused ? err.message : String((err as Error).stack ?? err));
  process.exitCode = exitOf(err);
}
