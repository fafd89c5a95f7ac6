// Verbs about the memory of the conversation, which do what the page Memory does.
import { addDays, startOfDay } from '@mainloop/models/flow/memory/levels';
import { Argument, type Command } from 'commander';
import { Refused } from './client.ts';
import type { Context } from './context.ts';
import { memoryText } from './show.ts';
import { plainJson, plainLine } from './terminal.ts';

const DAY = /^\d{4}-\d\d-\d\d$/;

interface Forgetting {
  readonly from?: string;
  readonly to?: string;
  readonly everything?: boolean;
  readonly yes?: boolean;
}

/**
 * `memory`, and its `show`, `pin`, `unpin`, `forget`, `export`, `set`.
 * @param program gets them
 * @param context how to ask the api, and how to print
 */
export function registerMemory(program: Command, { api, out }: Context): void {
  const show = async ({ month }: { month?: string } = {}): Promise<void> => {
    const memory = await api().call('getMemory', { query: { month } });
    out(memory, memoryText(memory));
  };
  const memory = program
    .command('memory')
    .description('what the chat is told of all that was said, and what is kept of it')
    .action(() => show());
  memory
    .command('show')
    .description('what the chat is told now, what is remembered word for word, and the summaries')
    .option('--month <month>', 'those of a month, as 2026-11, with its days')
    .action((options: { month?: string }) => show(options));
  memory
    .command('pin')
    .description('remember something word for word')
    .argument('<text...>')
    .action(async (words: string[]) => {
      const pinned = await api().call('pin', { body: { text: words.join(' ') } });
      out(pinned, `Remembered: ${plainLine(pinned.id)}`);
    });
  memory
    .command('edit')
    .description('change the words of what is remembered')
    .argument('<pin>', 'as mainloop memory lists it')
    .argument('<text...>')
    .action(async (id: string, words: string[]) => {
      await api().call('editPin', { id, body: { text: words.join(' ') } });
      out({ ok: true }, 'Changed.');
    });
  memory
    .command('unpin')
    .description('no longer remember something word for word')
    .argument('<pin>', 'as mainloop memory lists it')
    .action(async (id: string) => {
      await api().call('unpin', { id });
      out({ ok: true }, 'No longer remembered.');
    });
  memory
    .command('forget')
    .description('delete what was said on some days, or all of it, for good; summaries are written anew')
    .option('--from <day>', 'said on this day of yours or later, as 2026-11-26')
    .option('--to <day>', 'said on this day or earlier')
    .option('--everything', 'the whole conversation')
    .option('--yes', 'needed, because nothing brings it back')
    .action(async (options: Forgetting) => {
      const body = await forgetBody(options, async () => (await api().call('getMemory')).zone);
      if (options.yes !== true)
        throw new Refused('This deletes it for good, and nothing brings it back. Say it again with --yes.');
      const gone = await api().call('forget', { body });
      out(gone, `Deleted for good: ${gone.messages} message${gone.messages === 1 ? '' : 's'}.`);
    });
  memory
    .command('export')
    .description('print all messages, summaries and pins, as JSON Lines')
    .action(async () => {
      for await (const line of api().lines('exportMemory')) {
        const data: unknown = JSON.parse(line);
        out(data, plainJson(data));
      }
    });
  memory
    .command('set')
    .description('set how many tokens the chat is told with a message, or the time zone of your days')
    .addArgument(new Argument('<what>').choices(['tokens', 'zone']))
    .argument('<value>', 'tokens, as 24000; or a time zone, as Europe/Vienna (`none`: that of quiet hours)')
    .action(async (what: 'tokens' | 'zone', value: string) => {
      await api().call('changeSettings', { body: settingBody(what, value) });
      out({ ok: true }, 'It counts from the next message on.');
    });
}

function settingBody(what: 'tokens' | 'zone', value: string) {
  if (what === 'zone') return { timeZone: value === 'none' ? null : value };
  const tokens = Number(value);
  if (!Number.isInteger(tokens)) throw new Refused('Tokens should be a whole number, like 24000.');
  return { promptTokens: tokens };
}

/** @param zoneOf asked only where days are given */
async function forgetBody(
  options: Forgetting,
  zoneOf: () => Promise<string>,
): Promise<{ everything: true } | { from: string; to: string }> {
  const { from, to } = options;
  if (options.everything === true && from === undefined && to === undefined) return { everything: true };
  if (options.everything === true || (from === undefined && to === undefined))
    throw new Refused('Say which days with --from and --to, or --everything.');
  const first = from ?? to!;
  const last = to ?? from!;
  for (const day of [first, last])
    // A 30th of February is read as a day in March.
    if (!DAY.test(day) || Number.isNaN(Date.parse(day)) || addDays(day, 0) !== day)
      throw new Refused('A day is written 2026-11-26.');
  if (last < first) throw new Refused('The last day comes before the first one.');
  const zone = await zoneOf();
  return {
    from: new Date(startOfDay(first, zone)).toISOString(),
    to: new Date(startOfDay(addDays(last, 1), zone)).toISOString(),
  };
}
