// The local GitHub's answers against GitHub's own descriptions of them.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { github } from '@mainloop/adapters/forge/github';
import type { Forge } from '@mainloop/adapters/forge/port';
import { personsWords } from '@mainloop/models/flow/forge/text';
import { nowIso } from '@mainloop/demo/github/store';
import { newsOf, reposOfInstallation } from '@mainloop/models/flow/forge/news';
import { createRequire } from 'node:module';
import path from 'node:path';
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { R, startForge, type ForgeStage } from './forge.fixture.ts';
import { openApi } from './openapi.fixture.ts';

const require = createRequire(import.meta.url);
const say = personsWords;
let stage: ForgeStage;
let hub: ForgeStage['hub'];
let forge: Forge;
let dir: string;
let git: ForgeStage['git'];

beforeAll(async () => {
  stage = await startForge();
  ({ hub, forge, dir, git } = stage);
  await forge.ensureIssue({ repo: R, marker: '<!-- m:1 -->', title: say('T'), body: say('B'), known: null });
  await forge.ensureDraftPr({
    repo: R,
    marker: '<!-- m:2 -->',
    title: say('P'),
    body: say('x'),
    head: 'one',
    base: 'main',
  });
});
afterAll(() => stage.close());

test("every example of GitHub's own webhooks names what it is about, or nothing", () => {
  const examples = require('@octokit/webhooks-examples') as { name: string; examples: object[] }[];
  const of = (name: string) => newsOf(examples.find((e) => e.name === name)!.examples[0]);
  expect(of('issues').numbers).toEqual([1]);
  expect(of('issue_comment').numbers).toEqual([1]);
  expect(of('pull_request').numbers).toEqual([2]);
  expect(of('pull_request').branches).toEqual(['changes']);
  expect(of('pull_request_review').numbers.length).toBe(1);
  expect(of('check_run').shas.length).toBe(1);
  expect(of('check_suite').branches.length).toBe(1);
  expect(of('workflow_run').branches.length).toBe(1);
  expect(of('status').shas.length).toBe(1);
  for (const odd of [null, 7, [], { repositories: 'no' }, { repositories: [null, { full_name: 7 }] }])
    expect(reposOfInstallation(odd)).toEqual([]);
  const reached = examples
    .filter((e) => ['installation', 'installation_repositories'].includes(e.name))
    .flatMap((e) => e.examples.map(reposOfInstallation));
  expect(reached.length).toBeGreaterThan(1);
  expect(reached.flat()).toContain('Codertocat/Hello-World');
  for (const example of examples) for (const x of example.examples) expect(() => newsOf(x)).not.toThrow();
  for (const odd of [
    null,
    7,
    'x',
    [],
    { issue: null },
    { issue: { number: '1' } },
    { branches: 'no' },
    { check_run: { pull_requests: [null] } },
  ])
    expect(newsOf(odd)).toEqual({ numbers: [], branches: [], shas: [], baseMoved: false });
});

let described: ReturnType<typeof openApi> | undefined;
/** Asks the local GitHub, and holds what it answers against GitHub's description of that answer. */
async function ask(
  method: string,
  template: string,
  values: Record<string, string | number>,
  body?: unknown,
  status?: number,
): Promise<void> {
  const check = (described ??= openApi());
  const url = template.replace(/\{(\w+)\}/g, (_, key: string) =>
    String(values[key] ?? { owner: 'demo', repo: 'thing' }[key]),
  );
  const response = await fetch(hub.url + url, {
    method,
    headers: { authorization: 'token tok' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  expect([
    method,
    template,
    response.status,
    check(method, template, response.status, await response.json()),
  ]).toEqual([method, template, status ?? response.status, []]);
}

test("the local GitHub's answers fit GitHub's own OpenAPI description", async () => {
  const REPO = '/repos/{owner}/{repo}';
  await ask('GET', '/', {});
  await ask('GET', '/user', {});
  await ask('GET', REPO, {});
  await ask('GET', `${REPO}/issues`, {});
  await ask('POST', `${REPO}/issues`, {}, { title: 'x' });
  await ask('GET', `${REPO}/issues/{issue_number}`, { issue_number: 1 });
  await ask('POST', `${REPO}/issues/{issue_number}/comments`, { issue_number: 1 }, { body: 'x' });
  await ask('GET', `${REPO}/issues/{issue_number}/comments`, { issue_number: 1 });
  await ask('POST', `${REPO}/issues/{issue_number}/reactions`, { issue_number: 1 }, { content: '+1' });
  await ask('GET', `${REPO}/issues/{issue_number}/reactions`, { issue_number: 1 });
  await ask('GET', `${REPO}/pulls`, {});
  await ask('GET', `${REPO}/pulls/{pull_number}`, { pull_number: 2 });
  await ask(
    'POST',
    `${REPO}/pulls/{pull_number}/reviews`,
    { pull_number: 2 },
    { event: 'COMMENT', body: 'x', comments: [{ path: 'one.txt', line: 1, body: 'y' }] },
  );
  await ask('GET', `${REPO}/pulls/{pull_number}/reviews`, { pull_number: 2 });
  await ask(
    'POST',
    `${REPO}/pulls/{pull_number}/comments`,
    { pull_number: 2 },
    { body: 'z', path: 'one.txt', line: 1, side: 'RIGHT', commit_id: await git('rev-parse', 'one') },
  );
  const [first] = await forge.listReviewComments(R, 2);
  await ask(
    'POST',
    `${REPO}/pulls/{pull_number}/comments/{comment_id}/replies`,
    { pull_number: 2, comment_id: first!.id },
    { body: 'yes' },
  );
  await ask('GET', `${REPO}/pulls/{pull_number}/comments`, { pull_number: 2 });
  await ask('GET', `${REPO}/commits/{ref}/check-runs`, { ref: 'main' });
  await ask('POST', `${REPO}/statuses/{sha}`, { sha: await git('rev-parse', 'main') }, { state: 'success' });
  await ask('GET', `${REPO}/commits/{ref}/status`, { ref: await git('rev-parse', 'main') });
  await ask('GET', `${REPO}/actions/runs`, {});
  await ask('GET', `${REPO}/commits/{ref}/check-suites`, { ref: 'c'.repeat(40) });
  await ask('GET', `${REPO}/pulls/{pull_number}/commits`, { pull_number: 2 });
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', thing, { rules: { required: ['e2e'], mergeQueue: true } });
  await ask('GET', `${REPO}/rules/branches/{branch}`, { branch: 'main' });
  hub.store.update('repo', thing, { rules: {} });
  await ask('GET', `${REPO}/collaborators/{username}/permission`, { username: 'mainloop' });
  const post = async (what: string, body: object): Promise<{ sha: string }> =>
    (await (
      await fetch(`${hub.url}/repos/demo/thing/git/${what}`, {
        method: 'POST',
        headers: { authorization: 'token tok' },
        body: JSON.stringify(body),
      })
    ).json()) as { sha: string };
  await ask('POST', `${REPO}/git/blobs`, {}, { content: 'eA==', encoding: 'base64' });
  const blob = await post('blobs', { content: 'eA==', encoding: 'base64' });
  const entry = { path: 'x.png', mode: '100644', type: 'blob', sha: blob.sha };
  await ask('POST', `${REPO}/git/trees`, {}, { tree: [entry] });
  await ask('POST', `${REPO}/git/trees`, {}, { tree: [{ ...entry, path: '../x' }] }, 422);
  const tree = await post('trees', { tree: [entry] });
  await ask('GET', `${REPO}/git/trees/{tree_sha}`, { tree_sha: tree.sha });
  await ask('POST', `${REPO}/git/commits`, {}, { message: 'x', tree: tree.sha, parents: [] });
  const commit = await post('commits', { message: 'x', tree: tree.sha, parents: [] });
  await ask('GET', `${REPO}/git/commits/{commit_sha}`, { commit_sha: commit.sha });
  await ask('POST', `${REPO}/git/refs`, {}, { ref: 'refs/kept/x', sha: commit.sha });
  await ask('POST', `${REPO}/git/refs`, {}, { ref: 'refs/kept/x', sha: commit.sha }, 422);
  await ask('POST', `${REPO}/git/refs`, {}, { ref: 'refs/../x', sha: commit.sha }, 422);
  await ask('GET', `${REPO}/git/ref/{ref}`, { ref: 'kept/x' });
  await ask('GET', `${REPO}/git/ref/{ref}`, { ref: 'kept/y' }, undefined, 404);
  await ask(
    'PATCH',
    `${REPO}/git/refs/{ref}`,
    { ref: 'kept/x' },
    { sha: await git('rev-parse', 'main') },
    422,
  );
  await ask(
    'PATCH',
    `${REPO}/git/refs/{ref}`,
    { ref: 'kept/x' },
    { sha: await git('rev-parse', 'main'), force: true },
  );
  await ask(
    'POST',
    `${REPO}/labels`,
    {},
    { name: 'odd / name 🐛', color: 'd73a4a', description: 'It is odd' },
  );
  await ask('POST', `${REPO}/labels`, {}, { name: 'Odd / Name 🐛' }, 422);
  await ask('POST', `${REPO}/labels`, {}, { name: 'red', color: '#d73a4a' }, 422);
  await ask('GET', `${REPO}/labels`, {});
  await ask('GET', `${REPO}/labels/{name}`, { name: encodeURIComponent('odd / name 🐛') });
  await ask(
    'POST',
    `${REPO}/issues/{issue_number}/labels`,
    { issue_number: 1 },
    { labels: ['odd / name 🐛', 'made by the way'] },
  );
  await ask('GET', `${REPO}/issues/{issue_number}/labels`, { issue_number: 1 });
  await ask('GET', `${REPO}/issues/{issue_number}`, { issue_number: 1 });
  await ask(
    'POST',
    `${REPO}/issues/{issue_number}/assignees`,
    { issue_number: 1 },
    { assignees: ['mainloop', 'other'] },
  );
  await ask(
    'DELETE',
    `${REPO}/issues/{issue_number}/assignees`,
    { issue_number: 1 },
    { assignees: ['other'] },
  );
  await ask(
    'PATCH',
    `${REPO}/labels/{name}`,
    { name: encodeURIComponent('odd / name 🐛') },
    { new_name: 'even' },
  );
  await ask('DELETE', `${REPO}/issues/{issue_number}/labels/{name}`, { issue_number: 1, name: 'even' });
  await ask(
    'DELETE',
    `${REPO}/issues/{issue_number}/labels/{name}`,
    { issue_number: 1, name: 'even' },
    undefined,
    404,
  );
});

test("GitHub Actions: runs, jobs, steps and workflows fit GitHub's own description, and the logs are a zip that others can read", async () => {
  const at = nowIso();
  const path = '.github/workflows/ci.yml';
  const common = { repo: R, sha: await git('rev-parse', 'main'), status: 'completed' };
  const workflowRun = hub.store.insert('run', {
    ...common,
    name: 'CI',
    path,
    branch: 'main',
    conclusion: 'failure',
    createdAt: at,
    updatedAt: at,
  });
  const step = {
    name: 'Run npm test',
    conclusion: 'failure',
    startedAt: at,
    completedAt: at,
    lines: 2,
  } as const;
  const of = { ...common, runId: workflowRun.id, conclusion: 'failure', startedAt: at, completedAt: at };
  const job = hub.store.insert('job', {
    ...of,
    name: 'a / b: c',
    log: '\ufeffone\ntwo 🦊\nthree\n',
    annotations: ['Process completed with exit code 1.'],
    steps: [step],
  });
  const REPO = '/repos/{owner}/{repo}';
  const run = { run_id: workflowRun.id };
  await ask('GET', `${REPO}/actions/runs`, {});
  await ask('GET', `${REPO}/actions/runs/{run_id}`, run);
  await ask('GET', `${REPO}/actions/runs/{run_id}/jobs`, run);
  await ask('GET', `${REPO}/actions/runs/{run_id}/artifacts`, run);
  await ask('GET', `${REPO}/actions/runs/{run_id}/attempts/{attempt_number}`, { ...run, attempt_number: 1 });
  await ask('GET', `${REPO}/actions/runs/{run_id}/attempts/{attempt_number}/jobs`, {
    ...run,
    attempt_number: 1,
  });
  await ask('GET', `${REPO}/actions/jobs/{job_id}`, { job_id: job.id });
  await ask('GET', `${REPO}/actions/workflows`, {});
  await ask('GET', `${REPO}/actions/workflows/{workflow_id}`, { workflow_id: 'ci.yml' });
  await ask('GET', `${REPO}/actions/workflows/{workflow_id}/runs`, { workflow_id: 'ci.yml' });
  await ask('GET', `${REPO}/check-runs/{check_run_id}`, { check_run_id: job.id });
  await ask('GET', `${REPO}/check-runs/{check_run_id}/annotations`, { check_run_id: job.id });
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', thing, { rules: { held: ['live'] } });
  const waits = { status: 'waiting', conclusion: null };
  const { id: held } = hub.store.insert('run', {
    ...common,
    ...waits,
    name: 'Deploy',
    path: '.github/workflows/deploy.yml',
    branch: 'main',
    createdAt: at,
    updatedAt: at,
  });
  hub.store.insert('job', {
    ...of,
    ...waits,
    runId: held,
    completedAt: null,
    environment: 'live',
    name: 'deploy',
    log: '',
  });
  const pending = `${REPO}/actions/runs/{run_id}/pending_deployments`;
  await ask('GET', pending, { run_id: held });
  await ask(
    'POST',
    pending,
    { run_id: held },
    { environment_ids: [1], state: 'rejected', comment: 'no' },
    200,
  );
  hub.store.update('repo', thing, { rules: {} });
  await ask('POST', `${REPO}/actions/jobs/{job_id}/rerun`, { job_id: job.id }, {}, 201);
  const zip = `${dir}.zip`;
  const got = await fetch(`${hub.url}/repos/${R}/actions/runs/${workflowRun.id}/logs`, {
    headers: { authorization: 'token tok' },
  });
  writeFileSync(zip, Buffer.from(await got.arrayBuffer()));
  const python = `import zipfile,json; z=zipfile.ZipFile(${JSON.stringify(zip)}); print(json.dumps([z.testzip(), {n: z.read(n).decode('utf-8-sig') for n in z.namelist()}]))`;
  expect(JSON.parse((await promisify(execFile)('python3', ['-c', python])).stdout)).toEqual([
    null,
    { '0_a  b c.txt': 'one\ntwo 🦊\nthree\n', 'a  b c/1_Run npm test.txt': 'one\ntwo 🦊\n' },
  ]);
});

test('a folder of a branch is told from a file, and from what is not there', async () => {
  await git('checkout', '-q', '-B', 'folders', 'main');
  mkdirSync(path.join(dir, 'packages/odd é'), { recursive: true });
  writeFileSync(path.join(dir, 'packages/odd é/a.txt'), 'a');
  await git('add', '-A');
  await git('commit', '-qm', 'folders');
  await git('push', '-q', 'origin', 'folders');
  await git('checkout', '-q', 'main');
  const has = (branch: string, folder: string): Promise<boolean> => forge.hasFolder(R, branch, folder);
  expect(await Promise.all([has('folders', 'packages'), has('folders', 'packages/odd é')])).toEqual([
    true,
    true,
  ]);
  expect(
    await Promise.all([
      has('folders', 'a.txt'),
      has('folders', 'packages/none'),
      has('main', 'packages'),
      has('none', 'packages'),
    ]),
  ).toEqual([false, false, false, false]);
  const check = openApi();
  for (const [what, where] of [
    ['packages', 'packages'],
    ['a.txt', 'a.txt'],
  ] as const) {
    const response = await fetch(`${hub.url}/repos/${R}/contents/${where}?ref=folders`, {
      headers: { authorization: 'token tok' },
    });
    expect([
      what,
      check('GET', '/repos/{owner}/{repo}/contents/{path}', response.status, await response.json()),
    ]).toEqual([what, []]);
  }
});

test('the template for pull requests is found where GitHub looks for it, under any case', async () => {
  await git('fetch', '-q', 'origin');
  await git('checkout', '-q', '-B', 'template', 'origin/main');
  expect(await forge.readPullTemplate(R)).toBeNull();
  for (const [file, text] of [
    ['docs/pull_request_template.md', 'of docs'],
    ['.github/PULL_REQUEST_TEMPLATE.md', '## Was ändert sich?'],
  ] as const) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), text);
    await git('add', '-A');
    await git('commit', '-qm', file);
    await git('push', '-q', 'origin', 'HEAD:main');
    expect(await forge.readPullTemplate(R)).toBe(text);
  }
  await ask('GET', '/repos/{owner}/{repo}/contents/{path}', { path: '.github' });
  await ask('GET', '/repos/{owner}/{repo}/contents/{path}', { path: 'docs/pull_request_template.md' });
  await ask('GET', '/repos/{owner}/{repo}/contents/{path}', { path: 'none' }, undefined, 404);
});

test('templates for issues are found in their folder, or where older repositories have the one', async () => {
  const put = async (file: string, text: string): Promise<void> => {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
    writeFileSync(path.join(dir, file), text);
    await git('add', '-A');
    await git('commit', '-qm', file);
    await git('push', '-q', 'origin', 'HEAD:main');
  };
  await git('fetch', '-q', 'origin');
  await git('checkout', '-q', '-B', 'template', 'origin/main');
  expect(await forge.readIssueTemplates(R)).toEqual([]);
  await put('docs/issue_template.md', 'old');
  expect(await forge.readIssueTemplates(R)).toEqual([{ name: 'issue_template.md', text: 'old' }]);
  await put('.github/ISSUE_TEMPLATE/config.yml', 'blank_issues_enabled: false');
  await put('.github/ISSUE_TEMPLATE/bug.yml', 'body: [] # é');
  expect(await forge.readIssueTemplates(R)).toEqual([{ name: 'bug.yml', text: 'body: [] # é' }]);
});

test('an issue is made with what its template asks for; what there is not, or may not be set, is left out and told', async () => {
  const repo = hub.store.one('repo', (r) => r.full === R)!;
  hub.store.update('repo', repo, { rules: { issueTypes: ['Bug'] } });
  hub.store.insert('label', {
    repo: R,
    name: 'Triage',
    color: 'ededed',
    description: null,
    createdAt: nowIso(),
  });
  const make = (by: Forge, marker: string, fields: object) =>
    by.ensureIssue({
      repo: R,
      marker: `<!-- ${marker} -->`,
      title: say(marker),
      body: say('B'),
      known: null,
      fields: { labels: [], assignees: [], type: '', ...fields },
    });
  const shown = async (number: number) => {
    const made = hub.store.one('issue', (i) => i.repo === R && i.number === number)!;
    return [made.labels ?? [], made.assignees ?? [], made.issueType ?? ''];
  };
  const whole = await make(forge, 'whole', { labels: ['triage'], assignees: ['you'], type: 'Bug' });
  expect([whole.unset, await shown(whole.number)]).toEqual([undefined, [['Triage'], ['you'], 'Bug']]);
  // A label is not invented, and for a person who is not there the issue is not refused.
  const some = await make(forge, 'some', { labels: ['triage', 'none / such'], assignees: ['nobody'] });
  expect([some.unset, await shown(some.number)]).toEqual([
    { labels: ['none / such'], assignees: ['nobody'], type: '' },
    [['Triage'], [], ''],
  ]);
  expect(hub.store.find('label', (l) => l.name.startsWith('none'))).toEqual([]);
  const refused = await make(forge, 'refused', { labels: ['triage'], type: 'Epic' });
  expect([refused.unset, await shown(refused.number)]).toEqual([
    { labels: ['triage'], assignees: [], type: 'Epic' },
    [[], [], ''],
  ]);
  const stranger = github({ token: 'other', baseUrl: hub.url });
  const dropped = await make(stranger, 'dropped', { labels: ['triage'], assignees: ['you'], type: 'Bug' });
  expect([dropped.unset, await shown(dropped.number)]).toEqual([
    { labels: ['triage'], assignees: ['you'], type: 'Bug' },
    [[], [], ''],
  ]);
  // It is there: nothing is set again, whatever people made of it meanwhile.
  hub.store.update(
    'issue',
    hub.store.one('issue', (i) => i.number === whole.number)!,
    { labels: [] },
  );
  expect(await make(forge, 'whole', { labels: ['triage'] })).toMatchObject({ number: whole.number });
  expect((await shown(whole.number))[0]).toEqual([]);
  await ask('GET', '/repos/{owner}/{repo}/issues/{issue_number}', { issue_number: whole.number });
  await ask('GET', '/repos/{owner}/{repo}/assignees/{assignee}', { assignee: 'nobody' }, undefined, 404);
});

test('a repository under another name: its old one leads to it, for whoever reads, writes and fetches', async () => {
  const REPO = '/repos/{owner}/{repo}';
  await ask('PATCH', REPO, {}, { name: 'thing-2' });
  await ask('GET', REPO, { repo: 'thing-2' });
  expect(await forge.findNow(R)).toMatchObject({ full: 'demo/thing-2' });
  const issue = { marker: '<!-- m:moved -->', title: say('Moved'), body: say('x'), known: null };
  const { number } = await forge.ensureIssue({ ...issue, repo: R });
  expect(await forge.ensureIssue({ ...issue, repo: 'demo/thing-2' })).toMatchObject({
    number,
    outcome: 'unchanged',
  });
  expect(await git('ls-remote', 'origin', 'main')).toBe(
    await git('ls-remote', `${hub.url}/demo/thing-2.git`, 'main'),
  );
  await ask('PATCH', REPO, { repo: 'thing-2' }, { name: 'thing' });
  await ask('GET', REPO, {});
});

test("a branch is brought up to date with its base, bound to its head, and answered as GitHub's own description says", async () => {
  const REPO = '/repos/{owner}/{repo}';
  const begin = async (branch: string, file: string, words: string): Promise<number> => {
    await git('fetch', '-q', 'origin');
    await git('checkout', '-q', '-B', branch, 'origin/main');
    writeFileSync(path.join(dir, file), words);
    await git('add', '-A');
    await git('commit', '-qm', branch);
    await git('push', '-q', '-f', 'origin', branch);
    return (
      await forge.ensureDraftPr({
        repo: R,
        marker: `<!-- m:${branch} -->`,
        title: say(branch),
        body: say('x'),
        head: branch,
        base: 'main',
      })
    ).number;
  };
  const [apart, against] = [
    await begin('train-a', 'apart.txt', 'x'),
    await begin('train-b', 'both.txt', 'theirs'),
  ];
  const head = await git('rev-parse', 'train-a');
  await git('checkout', '-q', '-B', 'other', 'origin/main');
  writeFileSync(path.join(dir, 'both.txt'), 'ours');
  await git('add', '-A');
  await git('commit', '-qm', 'the base moves');
  expect(await forge.countBehind(R, 'main', head)).toBe(0);
  await git('push', '-q', 'origin', 'HEAD:main');
  expect(await forge.countBehind(R, 'main', head)).toBe(1);
  await ask('GET', `${REPO}/compare/{basehead}`, { basehead: `main...${head}` });

  expect(await forge.ensureUpdated(R, apart, 'a'.repeat(40))).toBe('unchanged');
  await ask(
    'PUT',
    `${REPO}/pulls/{pull_number}/update-branch`,
    { pull_number: apart },
    { expected_head_sha: head },
    202,
  );
  await ask(
    'PUT',
    `${REPO}/pulls/{pull_number}/update-branch`,
    { pull_number: apart },
    { expected_head_sha: head },
    422,
  );
  const { headSha } = await forge.getPull(R, apart);
  expect([await forge.countBehind(R, 'main', headSha), await forge.ensureUpdated(R, apart, headSha)]).toEqual(
    [0, 'unchanged'],
  );
  // What was there is still there: a merge, and no force push.
  expect((await forge.listCommits(R, apart)).map((c) => [c.sha, c.isMerge])).toEqual([
    [head, false],
    [headSha, true],
  ]);
  await expect(forge.ensureUpdated(R, against, await git('rev-parse', 'train-b'))).rejects.toMatchObject({
    why: 'conflicts',
  });
  const thing = hub.store.one('repo', (r) => r.full === R)!;
  expect([await forge.isQueued(R, apart), await forge.hasQueue(R, 'main')]).toEqual([false, false]);
  hub.store.update('repo', thing, { rules: { mergeQueue: true } });
  expect(await forge.hasQueue(R, 'main')).toBe(true);
  hub.store.update('repo', thing, { rules: {} });
});
