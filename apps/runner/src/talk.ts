// `mainloop` inside a sandbox: say, show, ask, reply, find, about, learned and confess; and apt. One file without dependencies, because every call starts it anew.
import fs from 'node:fs';
import http from 'node:http';
import { packagesIn } from '@mainloop/models/flow/runs/packages';
import { AptRefused, installDebian } from './apt.ts';

const USAGE = `mainloop say "text"
mainloop show FILE "caption"
mainloop ask "question" [--option "A" [--recommended "B" ...]] [--multiple]
mainloop reply COMMENT "what you did about it"
mainloop find must|should|note "what is wrong, and when" [--at src/a.ts:12]
mainloop about "what you are about to do, with its files"
mainloop learned "a rule" [--because "why"] [--path "src/**"]
mainloop confess "what you did wrong, as a rule" [--because "why"] [--path "src/**"]
mainloop apt PACKAGE... (of Debian, unpacked below your home folder)`;

/** What a gateway, or what stands before it, answers while it is starting or its database is away. */
const NOT_NOW = new Set([502, 503, 504]);
/** Shorter than a command of the agent may take (two minutes), so that it reads the sentence. */
const PATIENCE_MS = Number(process.env.MAINLOOP_TALK_PATIENCE_MS ?? 90_000);
const NOT_RECEIVED = `Nobody could hear it for ${PATIENCE_MS / 1_000} s, so it was not said. Go on, and say it again later.`;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** @param again it may have been heard before: an answer to it was lost, or was that nobody can hear it now */
function once(path: string, data: Buffer, again: boolean): Promise<Answer> {
  const url = new URL(path, process.env.MAINLOOP_GATEWAY);
  return new Promise((resolve, reject) => {
    const req = http.request(
      url,
      {
        method: 'POST',
        // One that takes it and never answers is away as well.
        signal: AbortSignal.timeout(PATIENCE_MS),
        headers: {
          authorization: `Bearer ${process.env.MAINLOOP_TOKEN}`,
          'content-type': path.startsWith('/talk/show') ? 'application/octet-stream' : 'application/json',
          'content-length': data.length,
          ...(again ? { 'x-mainloop-again': 'yes' } : {}),
        },
      },
      (res) => {
        let text = '';
        res.on('data', (bytes: Buffer) => {
          text += bytes.toString();
        });
        res.on('error', reject);
        res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
      },
    );
    req.on('error', reject);
    req.end(data);
  });
}

/**
 * A word that is given up is lost, so what is away is waited for, and what says that it will be back. Any
 * other answer is one.
 */
async function post(path: string, data: Buffer): Promise<Answer> {
  let since: number | null = null;
  for (let wait = 50; ; wait = Math.min(wait * 2, 3_000)) {
    try {
      const answer = await once(path, data, since !== null);
      if (!NOT_NOW.has(answer.status)) return answer;
    } catch {
      // The gateway is away, or it went before it had answered.
    }
    since ??= Date.now();
    if (Date.now() - since >= PATIENCE_MS)
      return { status: 0, text: JSON.stringify({ error: NOT_RECEIVED }) };
    await new Promise((r) => setTimeout(r, wait));
  }
}

/** @returns what an answer says under that name; without it, that it says nothing */
function said(answer: Answer, name: 'say' | 'error'): string {
  try {
    const word = (JSON.parse(answer.text) as Record<string, unknown>)[name];
    if (typeof word === 'string') return word;
  } catch {
    // No answer of the gateway's own.
  }
  return name === 'say'
    ? 'Heard.'
    : `mainloop answered ${answer.status} and did not say why. Your words were not heard.`;
}

/** What a picture may have, in bytes; the gateway says the same. */
const MAX_BYTES = 5 * 1024 * 1024;

/**
 * Reads a file that is to be shown: a plain one, and no more of it than a picture may have.
 * @throws an error whose message is for the agent
 */
function readFile(name: string): Buffer {
  // A pipe that nobody writes to would be waited for without end.
  const file = fs.openSync(name, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK);
  try {
    if (!fs.fstatSync(file).isFile()) throw new Error(`${name} is no file.`);
    const data = Buffer.alloc(MAX_BYTES + 1);
    let bytes = 0;
    // What it says of its size counts for nothing: a file may grow, or be none of a disk.
    for (let n = 1; n > 0 && bytes < data.length; bytes += n)
      n = fs.readSync(file, data, bytes, data.length - bytes, bytes);
    if (bytes > MAX_BYTES)
      throw new Error(`${name} is over ${MAX_BYTES / 1024 / 1024} MiB. Show a smaller one.`);
    return data.subarray(0, bytes);
  } finally {
    fs.closeSync(file);
  }
}

async function show(name: string, caption: string): Promise<Answer> {
  let data: Buffer;
  try {
    data = readFile(name);
  } catch (err) {
    return { status: 0, text: JSON.stringify({ error: (err as Error).message }) };
  }
  return post(`/talk/show?caption=${encodeURIComponent(caption)}`, data);
}

/** Never comes back. */
function apt(names: readonly string[]): never {
  try {
    const origin = packagesIn(process.env);
    if (origin === '')
      throw new AptRefused('No packages can be had here: this sandbox has no package proxy.');
    console.log(installDebian(names, origin, process.env.HOME ?? '/'));
    process.exit(0);
  } catch (err) {
    console.error((err as Error).message);
    process.exit(1);
  }
}

const json = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));
const [verb, first, ...rest] = process.argv.slice(2);
const options: { label: string; recommended?: true }[] = [];
for (let i = 0; i + 1 < rest.length; i++) {
  if (rest[i] === '--option') options.push({ label: rest[++i]! });
  else if (rest[i] === '--recommended') options.push({ label: rest[++i]!, recommended: true });
}
/** @returns what stands behind an option; null without it */
const after = (option: string): string | null => rest[rest.indexOf(option) + 1 || rest.length] ?? null;
if (verb === 'apt') apt(process.argv.slice(3));
let r: Answer;
if (verb === 'say' && first) r = await post('/talk/say', json({ text: first }));
else if (verb === 'show' && first && rest[0]) r = await show(first, rest[0]);
else if (verb === 'ask' && first)
  r = await post('/talk/ask', json({ question: first, options, multiple: rest.includes('--multiple') }));
else if (verb === 'reply' && first && rest[0])
  r = await post('/talk/reply', json({ id: first, text: rest[0] }));
else if (verb === 'find' && first && rest[0])
  r = await post('/talk/find', json({ weight: first, text: rest[0], at: after('--at') }));
else if (verb === 'about' && first) r = await post('/talk/about', json({ text: first }));
else if ((verb === 'learned' || verb === 'confess') && first)
  r = await post(
    `/talk/${verb}`,
    json({ rule: first, why: after('--because') ?? '', path: after('--path') }),
  );
else {
  console.error(USAGE);
  process.exit(2);
}
if (r.status === 200) console.log(said(r, 'say'));
else {
  console.error(said(r, 'error'));
  process.exit(1);
}
