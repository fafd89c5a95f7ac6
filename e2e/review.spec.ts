// Reading a change and asking for another: comments on lines in the app and on GitHub, answered one by one,
// kept in step.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openBrowser, openPage, reload, tap, visit } from '@mainloop/testkit/browser';
import { startStack, until, type Stack } from '@mainloop/testkit/stack';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let stack: Stack;
let browser: Browser;
const dir = path.join(mkdtempSync('/tmp/review-repo-'), 'till');
const R = 'local/till';
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `review-${name}.png`);
const git = (...a: string[]): string =>
  execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x', ...a], { cwd: dir, encoding: 'utf8' });

beforeAll(async () => {
  const story = path.join(mkdtempSync('/tmp/review-story-'), 'story.yaml');
  writeFileSync(story, STORY);
  stack = await startStack({
    MAINLOOP_DEMO_SCRIPT: story,
    CI_GRACE_SECONDS: '2',
    LOCAL_GITHUB_USERS: 'toky=you',
  });
  mkdirSync(path.join(dir, 'src'), { recursive: true });
  mkdirSync(path.join(dir, 'test'), { recursive: true });
  git('init', '-q', '-b', 'main');
  writeFileSync(path.join(dir, 'src/till.ts'), TILL);
  writeFileSync(
    path.join(dir, 'src/old name.ts'),
    'export const rate = 0.19;\nexport const round = Math.round;\n',
  );
  writeFileSync(
    path.join(dir, 'test/till.test.ts'),
    "test('sums', () => {});\ntest('is empty', () => {});\n",
  );
  git('add', '-A');
  git('commit', '-qm', 'first');
  const { id } = await stack.call('addProject', { body: { source: dir } });
  await stack.call('changeProject', { id, body: { verifyCommand: 'true' } });
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await stack?.stop();
});

interface Comment {
  id: string;
  path: string | null;
  line: number | null;
  startLine: number | null;
  body: string;
  state: string;
  answer: string | null;
  via: string;
}
const comments = (id: string): Promise<Comment[]> => stack.call('listComments', { id });
const reviewItem = (id: string): Promise<string> =>
  until('the review', async () =>
    (await stack.call('listInbox')).find((i) => i.taskId === id && i.kind === 'review'),
  ).then((i) => i.id);
async function forge<T>(method: string, route: string, body?: unknown): Promise<T> {
  const response = await fetch(`${stack.github}/repos/${R}${route}`, {
    method,
    headers: { authorization: 'token toky', 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
}
interface LineComment {
  id: number;
  body: string;
  path: string;
  line?: number;
  in_reply_to_id?: number;
}
async function spawn(name: string): Promise<string> {
  await stack.call('sendMessage', { body: { text: `case ${name}` } });
  const proposal = await until(`a proposal for ${name}`, async () =>
    (await stack.call('listProposals')).find((x) => x.title === `Case ${name}`),
  );
  return (await stack.call('confirmProposal', { id: proposal.id, body: { digest: proposal.digest } })).taskId;
}
/** Green checks, but tests went away: the person looks and says go on. */
async function letThrough(id: string): Promise<void> {
  const f = await until('the question about the tests', async () =>
    (await stack.call('listInbox')).find((i) => i.taskId === id && i.kind === 'gate'),
  );
  await stack.call('decide', { id: f.id, body: { decision: 'allow' } });
}

(hasBrowser ? test : test.skip)(
  'from the phone: read, comment on a range, suggest, send; the agent answers; then only what is new, and a merge commit',
  async () => {
    const id = await spawn('first');
    await letThrough(id);
    await reviewItem(id);
    const { page, complaints } = await openPage(browser, 'phone');
    await visit(page, `${stack.web}/inbox`);
    await tap(page.getByRole('link', { name: 'Read the change' }));
    await page.getByRole('heading', { name: 'Case first' }).waitFor();
    const till = page.getByRole('region', { name: 'src/till.ts' });
    // Renamed, right to left, with odd endings, binary, machine-made: each says what it is.
    await page.getByText('was src/old name.ts').waitFor();
    await page.getByText('[U+202E]').first().waitFor();
    await page.getByText('[CR]').first().waitFor();
    await page.getByText('A binary file.').waitFor();
    await page.getByText('Look twice: 1 test case removed.').waitFor();
    expect(
      await page
        .getByRole('region', { name: 'package-lock.json' })
        .getByRole('button')
        .first()
        .getAttribute('aria-expanded'),
    ).toBe('false');
    expect(await page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.screenshot({ path: shot('phone-1-read') });

    await tap(till.getByRole('button', { name: 'Comment on line 2', exact: true }));
    await tap(till.getByRole('button', { name: 'Comment on line 3', exact: true }));
    await page.getByText('On lines 2 to 3 of till.ts.').waitFor();
    await tap(page.getByRole('button', { name: 'Suggest' }));
    await page.getByRole('textbox', { name: 'Comment' }).fill('Say why.');
    await page
      .getByRole('textbox', { name: 'Your code for these lines' })
      .fill('  // Prices are in cents.\n  let sum = 0;');
    await page.screenshot({ path: shot('phone-2-comment') });
    await tap(page.getByRole('button', { name: 'Keep comment' }));
    await page.getByText('not sent yet').waitFor();
    expect(await comments(id)).toMatchObject([
      { path: 'src/till.ts', startLine: 2, line: 3, state: 'draft' },
    ]);
    await reload(page);
    await page.getByText('not sent yet').waitFor();
    await tap(page.getByRole('button', { name: 'Request changes (one comment)' }));
    await tap(page.getByRole('button', { name: 'Send with one comment' }));
    await page.getByText('With one comment on the change.').waitFor();

    const answered = await until('the answer', async () =>
      (await comments(id)).find((c) => c.answer !== null),
    );
    expect(answered.answer).toMatch(/^Done in [0-9a-f]{7}/);
    await letThrough(id);
    await reviewItem(id);
    const pullNumber = (await stack.call('getTask', { id })).prNumber;
    const there = await until('the reply on GitHub', async () => {
      const all = await forge<LineComment[]>('GET', `/pulls/${pullNumber}/comments`);
      return all.some((c) => c.in_reply_to_id) ? all : null;
    });
    const ours = there.find((c) => c.body.includes('Say why.'))!;
    expect([ours.path, ours.line]).toEqual(['src/till.ts', 3]);
    expect(there.filter((c) => c.in_reply_to_id === ours.id).map((c) => c.body.split('\n')[0])).toEqual([
      `> ${answered.answer}`,
    ]);

    const wide = await openPage(browser, 'desktop');
    await visit(wide.page, `${stack.web}/task/${id}/changes`);
    await wide.page.getByRole('button', { name: 'One column' }).waitFor();
    await wide.page.screenshot({ path: shot('desktop-1-answered') });
    await wide.page.keyboard.press('n');
    await wide.page.keyboard.press('e');
    const viewed = wide.page.getByRole('checkbox', { name: 'Viewed' }).first();
    await until('the file to be viewed', () => viewed.isChecked());
    await wide.page.keyboard.press('e');
    // What is new since the review comes first.
    expect(await wide.page.getByLabel('Show').inputValue()).toBe('new');
    await wide.page.getByText('One file').waitFor();
    await wide.page.screenshot({ path: shot('desktop-2-new') });
    await tap(wide.page.getByRole('button', { name: 'Resolve' }).first());
    await wide.page.getByText('Resolved').first().waitFor();
    await wide.page.getByLabel('How to merge').selectOption('merge');
    await tap(wide.page.locator('#main').getByRole('button', { name: 'Merge', exact: true }));
    await until('done', async () => (await stack.call('getTask', { id })).state === 'done');
    const bare = (await stack.call('listProjects')).find((p) => p.repo === R)!.remoteUrl;
    git('fetch', '-q', bare, 'main');
    expect(git('show', '-s', '--format=%P', 'FETCH_HEAD').trim().split(' ')).toHaveLength(2);
    expect([...complaints, ...wide.complaints]).toEqual([]);
    await expect(
      stack.call('addComment', {
        id,
        body: { id: 'late-1', path: 'src/till.ts', line: 1, text: 'too late' },
      }),
    ).rejects.toThrow(/has ended/);
  },
);

test('a comment on GitHub wakes the job, is a thread in the app, and is answered under it', async () => {
  const id = await spawn('second');
  await reviewItem(id);
  const pullNumber = (await stack.call('getTask', { id })).prNumber;
  await new Promise((r) => setTimeout(r, 1_100));
  const made = await forge<{ id: number }>('POST', `/pulls/${pullNumber}/reviews`, {
    event: 'COMMENT',
    body: '',
    comments: [{ path: 'src/till.ts', line: 2, body: 'Why so?' }],
  });
  expect(made.id).toBeGreaterThan(0);
  const comment = await until('the answered thread', async () =>
    (await comments(id)).find((x) => x.answer !== null),
  );
  expect(comment).toMatchObject({ via: 'github', path: 'src/till.ts', line: 2, body: 'Why so?' });
  await until('the reply on GitHub', async () =>
    (await forge<LineComment[]>('GET', `/pulls/${pullNumber}/comments`)).some(
      (x) => x.in_reply_to_id !== undefined && x.body.startsWith('> Done in'),
    ),
  );
  // What was said there came in once, and our own reply did not come back as a new comment.
  expect(await comments(id)).toHaveLength(1);
  // Resolved here, it is resolved there; opened there again, it is open here.
  await reviewItem(id);
  const gql = async (query: string, variables: object): Promise<string> => {
    const response = await fetch(`${stack.github}/graphql`, {
      method: 'POST',
      headers: { authorization: 'token toky', 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return response.text();
  };
  const threads = (): Promise<string> => gql(THREADS, { owner: 'local', name: 'till', number: pullNumber });
  await stack.call('resolveComment', { id: comment.id, body: { resolved: true } });
  await until('resolved on GitHub', async () => (await threads()).includes('"isResolved":true'));
  await gql(
    'mutation($input: UnresolveReviewThreadInput!) { unresolveReviewThread(input: $input) { thread { id } } }',
    {
      input: { threadId: /PRRT_\d+/.exec(await threads())![0] },
    },
  );
  await until('open here', async () => (await comments(id))[0]!.state === 'open');
});

test('drafts: edited, dropped, kept from the agent until they are sent; an answer that is sent twice counts once', async () => {
  const id = await spawn('third');
  const item = await reviewItem(id);
  const post = (cid: string, line: number): Promise<unknown> =>
    stack.call('addComment', { id, body: { id: cid, path: 'src/till.ts', line, text: `about ${line}` } });
  await post('d1', 1);
  await post('d1', 1);
  await post('d2', 2);
  // A line that is not part of the change: GitHub takes it as a plain comment.
  await stack.call('addComment', {
    id,
    body: { id: 'd3', path: 'README.md', line: 40, text: 'And say so there.' },
  });
  await stack.call('editComment', { id: 'd1', body: { text: 'Always say why in a commit message.' } });
  await stack.call('dropComment', { id: 'd2' });
  await expect(stack.call('resolveComment', { id: 'd1', body: { resolved: true } })).rejects.toThrow(
    /not been sent/,
  );
  await expect(
    stack.call('addComment', { id, body: { id: 'd4', path: 'x', startLine: 9, line: 3, text: 'x' } }),
  ).rejects.toThrow(/range/);
  const answer = { decision: 'changes', text: '', answerId: 'a-1' } as const;
  await stack.call('decide', { id: item, body: answer });
  await stack.call('decide', { id: item, body: answer });
  await expect(stack.call('decide', { id: item, body: { ...answer, answerId: 'a-2' } })).rejects.toThrow(
    /Already answered by you in the app/,
  );
  await expect(stack.call('editComment', { id: 'd1', body: { text: 'x' } })).rejects.toThrow(/sent already/);
  await reviewItem(id);
  expect((await comments(id)).map((c) => [c.id, c.body, c.state])).toEqual([
    ['d1', 'Always say why in a commit message.', 'open'],
    ['d3', 'And say so there.', 'open'],
  ]);
  const pullNumber = (await stack.call('getTask', { id })).prNumber;
  await until('the plain comment', async () =>
    (await forge<{ body: string }[]>('GET', `/issues/${pullNumber}/comments`)).some((c) =>
      c.body.startsWith('On `README.md`, line 40:'),
    ),
  );
  // What the user says for later too waits for their yes, and the story says so.
  const rule = 'Always say why in a commit message.';
  const learned = await until('what holds from now on', async () =>
    (await stack.call('listLearnings')).find((l) => l.rule === rule),
  );
  expect(learned).toMatchObject({ state: 'proposed', source: 'review', taskId: id, path: '*.ts', times: 1 });
  expect((await stack.call('listEvents', { id })).filter((e) => e.type === 'learning.noted')).toHaveLength(1);
});

const THREADS =
  'query($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) { pullRequest(number: $number) { reviewThreads(first: 100) { nodes { id isResolved } } } } }';
const TILL = `export function total(prices: number[]): number {
  let sum = 0;
  for (const p of prices) sum += p;
  return sum;
}
`;

const STORY = `
version: 1
chat:
  - when: '^case (\\w+)'
    steps:
      - text: Here.
        tool: { name: spawn_task, input: { project: ${R}, title: "Case {{1}}", prompt: "Count in cents.", skipPlan: true } }
      - text: On the card.
agent:
  - when: '# Phase: implement\\nTask: Case first'
    steps:
      - bash: |
          sed -i 's|  let sum = 0;|  // cents\\n  let sum = 0; // '$RANDOM'|' src/till.ts
          git mv "src/old name.ts" "src/näme.ts"; sed -i 's/0.19/0.21/' "src/näme.ts"
          sed -i '/is empty/d' test/till.test.ts
          printf 'if (user != "admin\\u202e") {}\\n' > src/hebrew.ts; printf 'a\\r\\nb\\r\\n' > dos.txt; printf '\\000\\001' > logo.bin
          for i in $(seq 400); do echo "line $i $RANDOM"; done > package-lock.json
          git add -A; git commit -qm "Count in cents"; git push 2>&1 | tail -2
      - text: Counted.
  - when: '# Phase: implement'
    steps:
      - bash: |
          sed -i '2i\\  // cents '$RANDOM src/till.ts; git commit -qam "Count in cents"; git push 2>&1 | tail -2
      - text: Counted.
  - when: '# Phase: address_review.*?Comment (\\S+) from[^\\n]*(?:.*?Comment (\\S+) from)?'
    steps:
      - bash: |
          sed -i 's|  // cents|  // Prices are in cents, '$RANDOM'.|' src/till.ts; echo "// $RANDOM" >> src/till.ts; git commit -qam "Say why"; git push 2>&1 | tail -2
          mainloop reply "{{1}}" "Done in $(git rev-parse --short=7 HEAD)."
          [ -z "{{2}}" ] || mainloop reply "{{2}}" "Left alone: there is no README."
      - text: Answered.
`;
