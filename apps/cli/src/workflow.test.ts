// Section 17.7 of the Symphony specification as far as it is about a file: the verbs take its path, and else that in the folder.
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const cli = path.join(import.meta.dirname, 'main.ts');
const root = mkdtempSync('/tmp/mainloop-workflow-');
afterAll(() => rmSync(root, { recursive: true, force: true }));
let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(root, 'at-'));
});
const run = (...args: string[]): { code: number | null; said: string; why: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: dir,
    encoding: 'utf8',
  });
  return { code: status, said: stdout.trim(), why: stderr.trim() };
};

test('what init writes is verified and explained, and never written over', () => {
  expect(run('workflow', 'init')).toMatchObject({
    code: 0,
    said: expect.stringContaining('WORKFLOW.md is written'),
  });
  const written = readFileSync(path.join(dir, 'WORKFLOW.md'), 'utf8');
  expect(run('workflow', 'verify')).toEqual({ code: 0, said: 'WORKFLOW.md can be used.', why: '' });
  const { said } = run('workflow', 'explain');
  expect(said).toContain("agent.max_concurrent_agents = 4\n    lowers the project's agents at once");
  expect(said).toContain('hooks.before_run: not set');
  expect(said).toContain('You work on {{ issue.identifier }}');
  expect(run('workflow', 'init')).toMatchObject({
    code: 1,
    why: expect.stringContaining('is there already'),
  });
  expect(readFileSync(path.join(dir, 'WORKFLOW.md'), 'utf8')).toBe(written);
});

test('a path that is named counts instead, and one that is not there is said', () => {
  expect(run('workflow', 'verify')).toEqual({
    code: 1,
    said: '',
    why: 'There is no WORKFLOW.md. mainloop workflow init writes one to begin with.',
  });
  writeFileSync(path.join(dir, 'other.md'), '---\ncolour: blue\n---\nDo it.');
  expect(run('workflow', 'verify', 'other.md')).toMatchObject({
    code: 0,
    said: 'other.md:2:1: colour is no setting that is known here.\nother.md can be used.',
  });
  expect(run('workflow', 'explain', 'none.md')).toMatchObject({ code: 1 });
});

test('what is wrong is one line with its place', () => {
  writeFileSync(path.join(dir, 'WORKFLOW.md'), '---\nagent:\n  max_turns: many\n---\n');
  for (const verb of ['verify', 'explain'])
    expect(run('workflow', verb)).toEqual({
      code: 1,
      said: '',
      why: 'WORKFLOW.md:3:3: agent.max_turns should be a whole number, 1 at least.',
    });
  const { said } = run('--json', 'workflow', 'verify');
  expect(JSON.parse(said)).toEqual({
    error: 'WORKFLOW.md:3:3: agent.max_turns should be a whole number, 1 at least.',
  });
});
