// Verbs of the tokens with which programs use the api.
import { SCOPE_WORDS, SCOPES, type Scope } from '@mainloop/models/flow/machine/scopes';
import { Option, type Command } from 'commander';
import { Refused } from '../client.ts';
import type { Context } from '../context.ts';
import { plainLine } from '../terminal.ts';

/** `tokens`, `tokens create`, `tokens revoke`, `tokens restore`. */
export function registerTokens(program: Command, { api, out }: Context): void {
  const tokens = program
    .command('tokens')
    .description('tokens of programs: what each may do, and until when')
    .action(async () => {
      const all = await api().call('listTokens');
      const lines = all.map((token) => {
        const used =
          token.usedAt === null ? 'never used' : `used ${token.usedAt.slice(0, 16).replace('T', ' ')}`;
        return plainLine(
          `${token.id}  ${token.scope}  until ${token.expiresAt.slice(0, 10)}  ${token.name}  ${used}`,
        );
      });
      out(all, lines.length === 0 ? 'There are no tokens.' : lines.join('\n'));
    });
  tokens
    .command('create')
    .description('make a token for a program; it is shown once')
    .argument('<name>', 'what it is for')
    .addOption(
      new Option(
        '--scope <scope>',
        `what it may do: ${SCOPES.map((scope) => `${scope} (${SCOPE_WORDS[scope]})`).join(', ')}`,
      )
        .choices([...SCOPES])
        .default('read'),
    )
    .option('--days <days>', 'how long it lasts', '90')
    .action(async (name: string, options: { scope: Scope; days: string }) => {
      const days = Number(options.days);
      if (!Number.isInteger(days)) throw new Refused('Days should be a whole number.');
      const made = await api().call('createToken', { body: { name, scope: options.scope, days } });
      out(
        made,
        `${plainLine(made.token)}\nIt is not shown again. A program sends it as Authorization: Bearer, and mainloop takes it from MAINLOOP_API_TOKEN.`,
      );
    });
  tokens
    .command('revoke')
    .description('take a token back, at once')
    .argument('<token>', 'its id')
    .action(async (id: string) => {
      await api().call('revokeToken', { id });
      out(
        { ok: true },
        `It opens nothing any more. Within a minute: mainloop tokens restore ${plainLine(id)}`,
      );
    });
  tokens
    .command('restore')
    .description('undo that, within a minute')
    .argument('<token>', 'its id')
    .action(async (id: string) => {
      await api().call('restoreToken', { id });
      out({ ok: true }, 'It opens again what it did.');
    });
}
