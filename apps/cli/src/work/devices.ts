// Verbs of the devices that are signed in. `pair` adds one.
import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { plainLine } from '../terminal.ts';

/** `devices`, `devices sign-out`. */
export function registerDevices(program: Command, { api, out }: Context): void {
  const devices = program
    .command('devices')
    .description('devices that are signed in')
    .action(async () => {
      const all = await api().call('listDevices');
      const lines = all.map((d) =>
        plainLine(`${d.id}  ${d.label}  seen ${d.seenAt.slice(0, 16).replace('T', ' ')}`),
      );
      out(all, lines.length === 0 ? 'No device is signed in.' : lines.join('\n'));
    });
  devices
    .command('sign-out')
    .description('sign a device out, at once')
    .argument('<device>', 'its id')
    .action(async (id: string) => {
      await api().call('signOut', { id });
      out({ ok: true }, 'Signed out.');
    });
}
