// Hooks of WORKFLOW.md, as the default branch has it: shell scripts in the sandbox, like the set-up command, and nowhere else.
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { RunSpec } from '@mainloop/models/contracts/runner';
import type { Around } from './around.ts';
import { workFolder } from './folders.ts';
import { shell } from './shell.ts';

type Hooks = NonNullable<RunSpec['hooks']>;
const NAMES = { afterCreate: 'after_create', beforeRun: 'before_run', afterRun: 'after_run' } as const;
type Hook = keyof typeof NAMES;

/** Whether nothing of the file has to run before the agent starts. */
export const noHookIsLeft = (around: Around): boolean =>
  scriptOf(around, 'beforeRun') === null && (scriptOf(around, 'afterCreate') === null || isCreated(around));

/** Once for each clone, as soon as it succeeds. @returns why it failed */
export async function afterCreate(around: Around): Promise<string | null> {
  if (isCreated(around)) return null;
  const failed = await runHook(around, 'afterCreate');
  if (failed === null && scriptOf(around, 'afterCreate') !== null) writeFileSync(createdFile(around), '');
  return failed;
}

/** @returns why it failed, so that the agent is not started */
export const beforeRun = (around: Around): Promise<string | null> => runHook(around, 'beforeRun');

/** What comes of it changes nothing, unless it took the clone away. @returns that */
export async function afterRun(around: Around): Promise<string | null> {
  const failed = await runHook(around, 'afterRun');
  if (failed === null || !hasClone(around)) return failed;
  note(around, `${failed.split('\n')[0]} The run goes on all the same.`);
  return null;
}

const createdFile = ({ config }: Around): string => path.join(config.repo, '.git', 'mainloop-created');
const isCreated = (around: Around): boolean => existsSync(createdFile(around));
const hasClone = ({ config }: Around): boolean => existsSync(path.join(config.repo, '.git'));
const note = ({ spool }: Around, text: string): void =>
  void spool.write(JSON.stringify({ type: 'mainloop', subtype: 'note', text }));

/** Where agents ask before they run something, nothing is run that nobody was asked about. */
const scriptOf = ({ spec }: Around, hook: Hook): string | null =>
  spec.askPermissions ? null : ((spec.hooks?.[hook] as Hooks[Hook] | undefined) ?? null);

async function runHook(around: Around, hook: Hook): Promise<string | null> {
  const name = `hooks.${NAMES[hook]} of WORKFLOW.md`;
  const script = scriptOf(around, hook);
  if (script === null) {
    if ((around.spec.hooks?.[hook] ?? null) !== null)
      note(around, `${name} was left out: agents of this project ask before they run something.`);
    return null;
  }
  const { timeoutMs } = around.spec.hooks!;
  const at = { repo: workFolder(around.config, around.spec), env: around.env };
  const { code, ms, tail } = await shell(script, at, timeoutMs);
  around.spool.write(
    JSON.stringify({
      type: 'mainloop',
      subtype: 'command',
      what: 'hook',
      command: name,
      exitCode: code,
      ms,
      tail,
    }),
  );
  if (!hasClone(around)) return `${name} took the clone away.`;
  if (code === 0) return null;
  const how = code === null ? `did not end within ${timeoutMs / 1000} seconds` : `ended with exit ${code}`;
  return `${name} ${how}.\n${tail}`.trim();
}
