// `make corpus`: real projects that nobody here wrote, each added as a folder, set up, tested by its own tests in a sandbox, changed, checked by
// its own CI, merged and pulled back. Needs the registries. ONLY=name,name takes some.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startStack, until, type Stack } from '../packages/testkit/src/stack.ts';
import { walkToEnd } from '../packages/testkit/src/story.ts';
import { outcomeOf, storyOf, tableOf, type Outcome, type TaskEvent, type Walked } from './corpus/outcome.ts';
import { CORPUS, type CorpusProject } from './corpus/projects.ts';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const only = process.env.ONLY?.split(',');
const chosen = CORPUS.filter((p) => only === undefined || only.includes(p.name));
/** That nothing could check the change; what a person would look at closely. */
const LET_THROUGH = /^This repository has no CI|^CI could not run here|^CI ran nothing/;
/** How long is waited for a set-up to be kept. */
const KEPT_MS = 240_000;
const work = mkdtempSync('/tmp/mainloop-corpus-');
const archives = path.join(
  process.env.XDG_CACHE_HOME ?? path.join(process.env.HOME ?? '/tmp', '.cache'),
  'mainloop-corpus',
);

/** @throws Error when the registry gives something else than what is named here */
async function archiveOf(project: CorpusProject): Promise<string> {
  const file = path.join(archives, project.sha256);
  if (existsSync(file)) return file;
  const response = await fetch(project.url);
  if (!response.ok) throw new Error(`${project.url}: ${response.status}`);
  const data = Buffer.from(await response.arrayBuffer());
  if (createHash('sha256').update(data).digest('hex') !== project.sha256)
    throw new Error(`${project.url} is not the archive that this list names`);
  mkdirSync(archives, { recursive: true });
  writeFileSync(file, data);
  return file;
}

/** @returns a git folder with the project in its first commit */
async function folderOf(project: CorpusProject): Promise<string> {
  const archive = await archiveOf(project);
  const [dir, whole] = [path.join(work, project.name), path.join(work, `${project.name}.whole`)];
  mkdirSync(dir);
  if (project.url.endsWith('.zip')) {
    mkdirSync(whole);
    execFileSync('python3', ['-m', 'zipfile', '-e', archive, whole]);
    let top = whole;
    for (let level = 0; level < project.strip; level++) top = path.join(top, readdirSync(top)[0]!);
    execFileSync('cp', ['-a', `${top}/.`, dir]);
    rmSync(whole, { recursive: true });
  } else
    execFileSync('tar', [
      'xzf',
      archive,
      '-C',
      dir,
      '--strip-components',
      String(project.strip),
      '--no-same-owner',
    ]);
  const git = (...args: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...args], {
      cwd: dir,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  git('add', '-A', '-f');
  git('commit', '-qm', project.what);
  return dir;
}

async function walk(stack: Stack, project: CorpusProject): Promise<Outcome> {
  const began = Date.now();
  const dir = await folderOf(project);
  await stack.call('addProject', { body: { source: dir } });
  const taskId = await begin(stack, project.name);
  const end = await walkToEnd(stack, taskId, LET_THROUGH).then(
    (t): Walked['end'] => ({ state: t.state }),
    (err: Error): Walked['end'] => ({
      trouble: err.message.replace(/^task \S+ (needs to be fixed: )?/, ''),
    }),
  );
  // It may have ended by itself meanwhile; the next project is not in its way.
  if ('trouble' in end) await stack.call('cancelTask', { id: taskId }).catch(() => undefined);
  const { runs } = await stack.call('getTask', { id: taskId });
  let output = '';
  for (const run of runs) output += (await stack.call('readOutput', { id: run.id, query: { from: 0 } })).text;
  const events = await stack.call('listEvents', { id: taskId });
  if (process.env.VERBOSE)
    console.log(
      JSON.stringify(
        events.filter((e) => /evidence|verdict/.test(e.type)),
        null,
        1,
      ),
      output.slice(-6_000),
    );
  const ms = Date.now() - began;
  const isDone = 'state' in end && end.state === 'done';
  const pulled = isDone ? pullBack(stack, dir) : null;
  const isSetUp = events.some(
    (e) => e.type === 'evidence.recorded' && e.payload.what === 'setup' && e.payload.exitCode === 0,
  );
  return outcomeOf(project, {
    events,
    output,
    end,
    pulled,
    next: isDone && isSetUp ? await nextTask(stack, project.name) : null,
    ms,
  });
}

/** Says it in the chat and confirms what is proposed. @returns the task's id */
async function begin(stack: Stack, said: string): Promise<string> {
  await stack.call('sendMessage', { body: { text: `corpus ${said}` } });
  const card = await until('a proposal', async () =>
    (await stack.call('listProposals')).find((x) => x.title === `Corpus ${said}`),
  );
  return (await stack.call('confirmProposal', { id: card.id, body: { digest: card.digest } })).taskId;
}

/** The events of one more task, begun once the set-up of the first is kept, or won't be. */
async function nextTask(stack: Stack, name: string): Promise<TaskEvent[] | null> {
  const kept = path.join(
    stack.home,
    'kept',
    createHash('sha256').update(`local/${name}`).digest('hex').slice(0, 24),
  );
  // One that is not kept is made again, and that is told.
  await until('a kept set-up', async () => existsSync(kept) && readdirSync(kept).length > 0, KEPT_MS).catch(
    () => undefined,
  );
  const taskId = await begin(stack, `${name} again`);
  await walkToEnd(stack, taskId, LET_THROUGH).catch((err: Error) => console.error(err.message));
  return stack.call('listEvents', { id: taskId });
}

/** By the command that a person is told. */
function pullBack(stack: Stack, dir: string): boolean {
  const head = (): string => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: dir, encoding: 'utf8' });
  const before = head();
  try {
    execFileSync(path.join(root, 'apps/cli/mainloop'), ['pull'], {
      cwd: dir,
      env: { ...process.env, MAINLOOP_API: stack.api, MAINLOOP_HOME: stack.home },
      stdio: 'pipe',
    });
  } catch (err) {
    console.error(String((err as { stderr?: Buffer }).stderr ?? err));
    return false;
  }
  return head() !== before;
}

const story = path.join(work, 'story.yaml');
writeFileSync(story, JSON.stringify(storyOf(chosen)));
const s = await startStack({ MAINLOOP_DEMO_SCRIPT: story, CI_GRACE_SECONDS: '3' });
// A caller's time limit must not leave a stack behind.
process.once('SIGTERM', () => void s.stop().finally(() => process.exit(143)));
const all: Outcome[] = [];
try {
  for (const project of chosen) {
    const outcome = await walk(s, project);
    all.push(outcome);
    console.log(`${outcome.ok ? 'ok ' : 'BAD'} ${tableOf([outcome]).split('\n').at(-1)}`);
  }
} finally {
  await s.stop();
  rmSync(work, { recursive: true, force: true });
}
console.log(`\n${tableOf(all)}`);
