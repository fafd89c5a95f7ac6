// Verbs of projects.
import { lookWords, projectAt, pullWords } from '@mainloop/models/flow/projects/folders';
import { TEMPLATE_PARTS } from '@mainloop/models/flow/projects/template';
import type { Sends } from '@mainloop/models/contracts/routes';
import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { Refused } from '../client.ts';
import { plainLine } from '../terminal.ts';
import { projectIdOf } from './find.ts';

/**
 * `projects`, `projects add`, `pull`, `init-repo`.
 * @param program gets these verbs
 * @param context how to ask the api, and how to print; a refusal is thrown as `Refused`
 */
export function registerProjects(program: Command, context: Context): void {
  registerList(program, context);
  registerPull(program, context);
  registerInit(program, context);
}

const projectText = ({ name, localPath }: { name: string; localPath: string | null }): string =>
  [plainLine(name), ...(localPath === null ? [] : [`    ${plainLine(localPath)}`])].join('\n');

function registerList(program: Command, { api, out }: Context): void {
  const projects = program
    .command('projects')
    .description('list projects')
    .action(async () => {
      const list = await api().call('listProjects');
      out(
        list,
        list.length === 0
          ? 'No projects yet. mainloop projects add owner/name, or the path of a git folder.'
          : list.map(projectText).join('\n'),
      );
    });
  projects
    .command('add')
    .description('add a GitHub repository (owner/name), a folder of one, or a git folder of this machine')
    .argument('<source>')
    .option('--folder <folder>', 'of the repository, when the project is only that: several may share one')
    .action(async (source: string, options: { folder?: string }) => {
      const { resolve } = await import('node:path');
      const project = await api().call('addProject', {
        body: {
          source: /^[/~.]/.test(source)
            ? resolve(source.replace(/^~(?=\/|$)/, process.env.HOME ?? '~'))
            : source,
          ...(options.folder === undefined ? {} : { folder: options.folder }),
        },
      });
      const said = [
        lookWords(project.name, project.look ?? { outcome: 'added', commits: 0 }),
        project.unreadable ?? '',
      ]
        .filter((x) => x !== '')
        .join(' ');
      out(
        project,
        project.localPath === null
          ? plainLine(said)
          : `${plainLine(said)} Merged work comes back with:\n    mainloop pull ${plainLine(project.name)}`,
      );
    });
  projects
    .command('remove')
    .description('take a project off the list; its tasks that run are cancelled, its repository stays')
    .argument('<project>', 'owner/name')
    .option('--yes', 'needed, because it cancels what runs')
    .action(async (name: string, options: { yes?: true }) => {
      const id = await projectIdOf(api(), name);
      if (options.yes !== true)
        throw new Refused('This cancels the tasks of it that run. Say it again with --yes.');
      await api().call('removeProject', { id: id! });
      out({ ok: true }, 'Removed.');
    });
}

function registerPull(program: Command, { api, out }: Context): void {
  program
    .command('pull')
    .description('bring merged work back into the folder that a project is, with your own git')
    .argument('[project]', 'owner/name; otherwise the folder that you are in')
    .action(async (repo: string | undefined) => {
      const { realpathSync } = await import('node:fs');
      const { spawnSync } = await import('node:child_process');
      const folders = (await api().call('listProjects')).filter((p) => p.localPath !== null);
      const project =
        repo === undefined ? projectAt(realpathSync('.'), folders) : folders.find((x) => x.name === repo);
      if (!project)
        throw new Refused(
          repo === undefined
            ? 'The folder that you are in is no project. mainloop projects lists those that are.'
            : `There is no folder of this machine called ${repo}. mainloop projects lists them.`,
        );
      const [git, ...words] = pullWords(project);
      const { status, error } = spawnSync(git!, words, { stdio: ['inherit', 2, 2] });
      if (error) throw new Refused(`git could not be started: ${error.message}`);
      if (status !== 0)
        throw new Refused('git did not bring it back. What it said stands above; nothing of yours was lost.');
      out(project, `${plainLine(String(project.localPath))} has what was merged.`);
    });
}

function registerInit(program: Command, { api, out }: Context): void {
  program
    .command('init-repo')
    .description(
      'propose CI, a linter, a preview of each pull request and a database for it, as one pull request',
    )
    .argument('<project>', 'owner/name, or owner/name/folder')
    .addOption(new Option('--only <parts...>', 'some of them').choices([...TEMPLATE_PARTS]))
    .action(async (repo: string, options: { only?: Sends<'initProject'>['body']['parts'] }) => {
      const project = (await api().call('listProjects')).find((p) => p.name === repo);
      if (!project) throw new Error(`There is no project ${repo}. mainloop projects add ${repo} adds it.`);
      const result = await api().call('initProject', {
        id: project.id,
        body: options.only ? { parts: options.only } : {},
      });
      out(
        result,
        `Proposed. Look at it with mainloop proposals, start it with mainloop confirm ${result.proposalId}`,
      );
    });
}
