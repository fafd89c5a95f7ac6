// One stack for all of the agent's suite, because it takes its time to start, and what its tests ask of it.
import { openPool, type Db } from '@mainloop/models/db/pool';
import { npmPackage, startNpm, type TestRegistry } from '@mainloop/testkit/package-registry';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import type { Item } from '@mainloop/testkit/story';
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
  s = await startStack({ MAINLOOP_DEMO_SCRIPT: story, CI_GRACE_SECONDS: '3', npm_config_registry: registry.url });
  mkdirSync(dir, { recursive: true });
  const git = (...a: string[]): void => void execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], { cwd: dir, stdio: 'ignore' });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'tsconfig.json'), '{}\n');
  writeFileSync(path.join(dir, '.gitignore'), 'node_modules\n');
  writeFileSync(path.join(dir, '.nvmrc'), '18\n');
  writeFileSync(path.join(dir, 'package.json'), '{"name":"channel","version":"1.0.0"}\n');
  const lock = { name: 'channel', version: '1.0.0', lockfileVersion: 3, packages: { '': { name: 'channel', version: '1.0.0' } } };
  writeFileSync(path.join(dir, 'package-lock.json'), JSON.stringify(lock));
  git('add', '-A');
  git('commit', '-q', '-m', 'first');
  projectId = (await s.call<{ id: string }>('POST', '/api/projects', { source: dir })).id;
  await settings({ findSetup: false });
}

export async function stopStage(): Promise<void> {
  await s?.stop();
  await registry?.close();
}

export const settings = (change: object): Promise<unknown> => s.call('PATCH', `/api/projects/${projectId}/settings`, change);
export interface Detail {
  state: string;
  activeRunId: string | null;
  runs: { id: string; state: string; phase: string; outcome: { kind: string; reason?: string } | null }[];
}
export interface Event {
  type: string;
  payload: Record<string, unknown>;
}
export const detail = (id: string): Promise<Detail> => s.call('GET', `/api/tasks/${id}`);
export const events = (id: string): Promise<Event[]> => s.call('GET', `/api/tasks/${id}/events`);
export const items = async (id: string): Promise<(Item & { body: string })[]> =>
  (await s.call<(Item & { body: string })[]>('GET', '/api/inbox')).filter((i) => i.taskId === id);

export async function spawn(name: string): Promise<string> {
  await s.call('POST', '/api/chat', { text: `case ${name}` });
  const p = await until(`a proposal for ${name}`, async () =>
    (await s.call<{ id: string; digest: string; title: string }[]>('GET', '/api/proposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await s.call<{ taskId: string }>('POST', `/api/proposals/${p.id}/confirm`, { digest: p.digest })).taskId;
}
export async function output(id: string): Promise<string> {
  let all = '';
  for (const r of (await detail(id)).runs) all += (await s.call<{ text: string }>('GET', `/api/runs/${r.id}/output?from=0`)).text;
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
