// `mainloop mcp`: a bridge from an MCP client on stdin and stdout to the instance that runs on this data folder.
import type { Command } from 'commander';
import type { Context } from './context.ts';
import type { Terminal } from './terminal.ts';
import { homeOf } from './up/settings.ts';
import { readRunFile } from './up/supervisor.ts';

/** @param warn writes beside the protocol, which has stdout */
export function registerMcp(
  program: Command,
  { api, warn }: Pick<Context, 'api'> & Pick<Terminal, 'warn'>,
): void {
  program
    .command('mcp')
    .description('serve MCP on stdin and stdout, for Claude Code, an editor or another agent')
    .action(async () => {
      // Of the settings nothing else: they are the instance's, and the client's environment is its own.
      const running = readRunFile(homeOf(process.env))?.url;
      const { serveMcp } = await import('./mcp-stdio.ts');
      await serveMcp(api(), running ?? 'its page', warn);
    });
}
