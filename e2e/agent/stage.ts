// One stack for all of the agent's suite, because it takes its time to start, and what its tests ask of it.
import { openPool, type Db } from '@mainloop/models/db/pool';
import { npmPackage, startNpm, type TestRegistry } from '@mainloop/testkit/package-registry';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import type { Item, Task, TaskEvent } from '@mainloop/testkit/story';
import type { ProjectSettings } from '@mainloop/models/contracts/settings';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { STORY } from './script.ts';

export let s: Stack;
export let registry: TestRegistry;
export let projectId: string;
/** The clone of `local/channel`. */
export const dir = path.join(mkdtempSync('/tmp/agent-repo-'), 'channel');

export async function startStage(): Promise<void> {
  const story = path.join(mkdtempSync('/tmp/agent-story-'), 'story.yaml');
  writeFileSync(story, STORY);
  registry = await startNpm({ outer: npmPackage('outer', { inner: '^1.0.0' }), inner: npmPackage('inner') });
  s = await startStack({
    MAINLOOP_DEMO_SCRIPT: story,
    CI_GRACE_SECONDS: '3',
    npm_config_registry: registry.url,
  });
  mkdirSync(dir, { recursive: true });
  const git = (...a: string[]): void =>
    void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], {
      cwd: dir,
      stdio: 'ignore',
    });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'tsconfig.json'), '{}\n');
  writeFileSync(path.join(dir, '.gitignore'), 'node_modules\n');
  writeFileSync(path.join(dir, '.nvmrc'), '18\n');
  writeFileSync(path.join(dir, 'package.json'), '{"name":"channel","version":"1.0.0"}\n');
  const lock = {
    name: 'channel',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: { '': { name: 'channel', version: '1.0.0' } },
  };
  writeFileSync(path.join(dir, 'package-lock.json'), JSON.stringify(lock));
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  projectId = (await s.call('addProject', { body: { source: dir } })).id;
  await settings({ findSetup: false });
}

export async function stopStage(): Promise<void> {
  await s?.stop();
  await registry?.close();
}

export const settings = (change: ProjectSettings): Promise<unknown> =>
  s.call('changeProject', { id: projectId, body: change });
export const detail = (id: string): Promise<Task> => s.call('getTask', { id });
export const events = (id: string): Promise<TaskEvent[]> => s.call('listEvents', { id });
export const items = async (id: string): Promise<Item[]> =>
  (await s.call('listInbox')).filter((i) => i.taskId === id);

export async function spawn(name: string): Promise<string> {
  await s.call('sendMessage', { body: { text: `case ${name}` } });
  const proposal = await until(`a proposal for ${name}`, async () =>
    (await s.call('listProposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await s.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}
export async function output(id: string): Promise<string> {
  let all = '';
  for (const run of (await detail(id)).runs)
    all += (await s.call('readOutput', { id: run.id, query: { from: 0 } })).text;
  return all;
}
export const printed = (id: string, what: string): Promise<true> =>
  until(`"${what}" in the output`, async () => (await output(id)).includes(what) || null);
export const remoteFile = (branch: string, file: string): string => {
  execFileSync('git', ['fetch', '-q', `${s.github}/local/channel.git`, branch], { cwd: dir });
  return execFileSync('git', ['show', `FETCH_HEAD:${file}`], { cwd: dir, encoding: 'utf8' });
};

export async function inDatabase<T>(ask: (db: Db) => Promise<T>): Promise<T> {
  const db = openPool(s.databaseUrl, 'test', 1);
  try {
    return await ask(db);
  } finally {
    await db.end();
  }
}
