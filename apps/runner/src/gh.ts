// `gh` inside a sandbox: reads the repository of the task and comments on what belongs to it, through the gateway. One
// file without dependencies, because every call starts it anew.
import fs from 'node:fs';
import http from 'node:http';
import {
  pickFields,
  printChecks,
  printLog,
  printPage,
  printRow,
  wishOf,
  type CheckRun,
  type Page,
  type StatusLine,
  type Topic,
  type Wish,
} from './gh-words.ts';

interface About {
  readonly repo: string;
  readonly branch: string;
  readonly base: string;
  readonly pull: number | null;
  readonly issue: number | null;
}
class Said extends Error {}

const PATIENCE_MS = 40_000;

function ask(method: 'GET' | 'POST', path: string, body?: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? '' : JSON.stringify(body);
    const req = http.request(
      new URL(path, process.env.MAINLOOP_GATEWAY),
      {
        method,
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          authorization: `Bearer ${process.env.MAINLOOP_TOKEN}`,
          ...(body === undefined
            ? {}
            : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(data) }),
        },
      },
      (res) => {
        const parts: Buffer[] = [];
        res.on('data', (part: Buffer) => parts.push(part));
        res.on('error', reject);
        res.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          if ((res.statusCode ?? 0) < 300) resolve(text);
          else reject(new Said(sentenceIn(text, res.statusCode ?? 0)));
        });
      },
    );
    req.on('error', () => reject(new Said('The gateway cannot be reached. Try again in a moment.')));
    req.end(data);
  });
}

function sentenceIn(text: string, status: number): string {
  try {
    const { error } = JSON.parse(text) as { error?: unknown };
    if (typeof error === 'string') return error;
  } catch {
    // No answer of the gateway's own.
  }
  return `The gateway answers ${status} and does not say why.`;
}

const about = async (): Promise<About> => JSON.parse(await ask('GET', '/forge/about')) as About;
const get = async <T>(where: string): Promise<T> => JSON.parse(await ask('GET', `/forge/rest/${where}`)) as T;
const print = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);

/** That of the task where none is given. */
function numberOf(of: Topic, given: number | null, mine: About): number {
  const number = given ?? mine[of];
  if (number === null)
    throw new Said(
      of === 'pull'
        ? 'This task has no pull request yet: mainloop opens it when you push.'
        : 'This task has no issue. Give the number of one.',
    );
  return number;
}
const where = (of: Topic): string => (of === 'pull' ? 'pulls' : 'issues');

async function view(wish: Extract<Wish, { kind: 'view' }>, mine: About): Promise<void> {
  const number = numberOf(wish.of, wish.number, mine);
  const page = await get<Page>(`repos/${mine.repo}/${where(wish.of)}/${number}`);
  if (wish.json !== null) {
    const picked = pickFields(page, wish.json);
    if (typeof picked === 'string') throw new Said(picked);
    return print(JSON.stringify(picked));
  }
  print(printPage(page));
  if (!wish.comments) return;
  const said = await get<Page[]>(`repos/${mine.repo}/issues/${number}/comments?per_page=100`);
  for (const one of said) print(`--\nauthor:\t${one.user?.login ?? 'ghost'}\n${one.body ?? ''}`);
}

async function list(wish: Extract<Wish, { kind: 'list' }>, mine: About): Promise<void> {
  if (wish.of === 'run') {
    const { workflow_runs: runs } = await get<{ workflow_runs: Record<string, unknown>[] }>(
      `repos/${mine.repo}/actions/runs?branch=${encodeURIComponent(mine.branch)}&per_page=${wish.limit}`,
    );
    for (const run of runs)
      print(
        [
          run.status,
          run.conclusion ?? '',
          run.display_title ?? '',
          run.name,
          run.head_branch,
          run.event,
          run.id,
          run.created_at,
        ].join('\t'),
      );
    return;
  }
  const state = wish.state === 'merged' ? 'closed' : wish.state;
  const all = await get<Page[]>(`repos/${mine.repo}/${where(wish.of)}?state=${state}&per_page=${wish.limit}`);
  const pages = all.filter((page) =>
    wish.of === 'issue'
      ? page.pull_request === undefined
      : wish.state !== 'merged' || Boolean(page.merged_at),
  );
  if (wish.json === null) return pages.forEach((page) => print(printRow(page)));
  const picked = pages.map((page) => pickFields(page, wish.json!));
  const odd = picked.find((one) => typeof one === 'string');
  if (odd !== undefined) throw new Said(odd);
  print(JSON.stringify(picked));
}

async function checks(number: number, mine: About): Promise<number> {
  const page = await get<Page>(`repos/${mine.repo}/pulls/${number}`);
  const at = `repos/${mine.repo}/commits/${page.head!.sha}`;
  const { check_runs: runs } = await get<{ check_runs: CheckRun[] }>(`${at}/check-runs?per_page=100`);
  const { statuses } = await get<{ statuses: StatusLine[] }>(`${at}/status?per_page=100`);
  const { text, code } = printChecks(runs, statuses);
  print(text);
  return code;
}

interface Job {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly conclusion: string | null;
}
async function run(wish: Extract<Wish, { kind: 'run' }>, mine: About): Promise<void> {
  const at = `repos/${mine.repo}/actions`;
  const { jobs } = await get<{ jobs: Job[] }>(`${at}/runs/${wish.id}/jobs?per_page=100`);
  if (wish.log === 'none') {
    for (const job of jobs) print([job.conclusion ?? job.status, job.name, job.id].join('\t'));
    return print('To see what failed: gh run view ' + wish.id + ' --log-failed');
  }
  const shown = jobs.filter((job) => wish.log === 'all' || job.conclusion === 'failure');
  if (shown.length === 0) throw new Said('No job of this run has failed.');
  for (const job of shown)
    print(printLog(job.name, await ask('GET', `/forge/rest/${at}/jobs/${job.id}/logs`)));
}

async function comment(wish: Extract<Wish, { kind: 'comment' }>, mine: About): Promise<void> {
  const own = numberOf(wish.of, null, mine);
  if (wish.number !== null && wish.number !== own)
    throw new Said(`An agent comments on what belongs to its task, #${own}, and on nothing else.`);
  const answer = await ask('POST', '/forge/comment', { on: wish.of, text: wish.body });
  print((JSON.parse(answer) as { say: string }).say);
}

/** @returns what gh ends with */
async function does(wish: Wish): Promise<number> {
  if (wish.kind === 'refused') throw new Said(wish.why);
  const mine = await about();
  if (wish.kind === 'api') {
    const where = wish.path.replace('{owner}/{repo}', mine.repo).replace('{branch}', mine.branch);
    print(await ask('GET', `/forge/rest/${where.replace(/^\/+/, '')}`));
    return 0;
  }
  if (wish.kind === 'checks') return checks(numberOf('pull', wish.number, mine), mine);
  if (wish.kind === 'about')
    print(
      wish.of === 'repo'
        ? `name:\t${mine.repo}\nbranch:\t${mine.branch}\nbase:\t${mine.base}`
        : 'Signed in for this task alone: gh reads its repository and comments on what belongs to it.',
    );
  else if (wish.kind === 'status' || wish.kind === 'view')
    await view(
      wish.kind === 'view' ? wish : { kind: 'view', of: 'pull', number: null, json: null, comments: false },
      mine,
    );
  else if (wish.kind === 'list') await list(wish, mine);
  else if (wish.kind === 'diff')
    print(
      await ask(
        'GET',
        `/forge/rest/repos/${mine.repo}/pulls/${numberOf('pull', wish.number, mine)}?mainloop-diff=yes`,
      ),
    );
  else if (wish.kind === 'run') await run(wish, mine);
  else await comment(wish, mine);
  return wish.kind === 'status' ? checks(numberOf('pull', null, mine), mine) : 0;
}

try {
  const wish = wishOf(process.argv.slice(2), (name) => fs.readFileSync(name === '-' ? 0 : name, 'utf8'));
  process.exitCode = await does(wish);
} catch (err) {
  console.error((err as Error).message);
  process.exitCode = 1;
}
