// Verbs of WORKFLOW.md in the folder one stands in: nothing of it needs a mainloop that runs.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import {
  setByFile,
  WORKFLOW_FIELDS,
  WORKFLOW_FIELD_NAMES,
} from '@mainloop/models/flow/projects/workflow-file';
import type { ReadWorkflow } from '@mainloop/models/workflow-file/read';
import type { Command } from 'commander';
import { Refused } from './client.ts';
import type { Context } from './context.ts';

const NAME = 'WORKFLOW.md';
const FIRST = `---
# What agents do around their work here. docs/workflow.md of mainloop has all settings.
hooks:
  # after_create: make setup
  timeout_ms: 60000
agent:
  max_concurrent_agents: 4
mainloop:
  prompts:
    done: The tests pass.
---

You work on {{ issue.identifier }}: {{ issue.title }}

{% if attempt %}This is attempt {{ attempt }}: look at what is there first.{% endif %}
`;

type Good = Extract<ReadWorkflow, { ok: true }>;

/** @throws Refused with its place, as compilers write it */
async function readAt(path: string): Promise<Good> {
  if (!existsSync(path))
    throw new Refused(`There is no ${path}. mainloop workflow init writes one to begin with.`);
  const { readWorkflow } = await import('@mainloop/models/workflow-file/read');
  const read = await readWorkflow(readFileSync(path, 'utf8'));
  if (!read.ok) throw new Refused(`${path}:${read.line}:${read.column}: ${read.sentence}`);
  return read;
}

const warned = (path: string, { warnings }: Good): string[] =>
  warnings.map(({ line, column, sentence }) => `${path}:${line}:${column}: ${sentence}`);

/** Each setting of the file with what it does, and what counts where it sets nothing. */
function explained({ workflow: { given, template } }: Good): string {
  const set = setByFile({ given }).map(({ name, value, does }) => `${name} = ${value}\n    ${does}`);
  const rest = WORKFLOW_FIELD_NAMES.filter(
    (name) => given[name] === undefined && WORKFLOW_FIELDS[name].does !== null,
  ).map((name) => `${name}: not set`);
  const prompt =
    template === '' ? 'No template: agents are told our prompt alone.' : `The template:\n${template}`;
  return [...set, ...rest, '', prompt].join('\n');
}

/**
 * `workflow init`, `workflow verify`, `workflow explain`.
 * @param program gets these verbs
 * @param context how to print; a refusal is thrown as `Refused`
 */
export function registerWorkflow(program: Command, { out }: Pick<Context, 'out'>): void {
  const workflow = program
    .command('workflow')
    .description('WORKFLOW.md, which rules how agents work in a repository');
  workflow
    .command('init [path]')
    .description(`write one to begin with, as ./${NAME}`)
    .action((path = NAME) => {
      if (existsSync(path))
        throw new Refused(`${path} is there already. mainloop workflow verify looks at it.`);
      writeFileSync(path, FIRST, { flag: 'wx' });
      out({ path }, `${path} is written. It counts once the default branch has it.`);
    });
  workflow
    .command('verify [path]')
    .description('say what is wrong with it, with line and column')
    .action(async (path = NAME) => {
      const read = await readAt(path);
      out(read.warnings, [...warned(path, read), `${path} can be used.`].join('\n'));
    });
  workflow
    .command('explain [path]')
    .description('each of its settings, and what it does')
    .action(async (path = NAME) => {
      const read = await readAt(path);
      out(read.workflow, explained(read));
    });
}
