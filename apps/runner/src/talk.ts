// `mainloop` inside a sandbox: say, ask and reply. One file without dependencies, because every call starts it anew.
import http from 'node:http';

const USAGE = `mainloop say "text"
mainloop ask "question" [--option "A" [--recommended "B" ...]] [--multiple]
mainloop reply COMMENT "what you did about it"`;

/** What a gateway, or what stands before it, answers while it is starting or its database is away. */
const NOT_NOW = new Set([502, 503, 504]);
/** Shorter than a command of the agent may take (two minutes), so that it reads the sentence. */
const PATIENCE_MS = Number(process.env.MAINLOOP_TALK_PATIENCE_MS ?? 90_000);
const NOT_HEARD = `Nobody could hear it for ${PATIENCE_MS / 1_000} s, so it was not said. Go on, and say it again later.`;

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** @param again it may have been heard before: an answer to it was lost, or was that nobody can hear it now */
function once(path: string, data: string, again: boolean): Promise<Answer> {
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
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(data),
          ...(again ? { 'x-mainloop-again': 'yes' } : {}),
        },
      },
      (res) => {
        let text = '';
        res.on('data', (d: Buffer) => {
          text += d.toString();
        });
        res.on('error', reject);
        res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
      },
    );
    req.on('error', reject);
    req.end(data);
  });
}

/** A word that is given up is lost, so what is away is waited for, and what says that it will be back. Any other answer is one. */
async function post(path: string, body: unknown): Promise<Answer> {
  const data = JSON.stringify(body);
  let since: number | null = null;
  for (let wait = 50; ; wait = Math.min(wait * 2, 3_000)) {
    try {
      const r = await once(path, data, since !== null);
      if (!NOT_NOW.has(r.status)) return r;
    } catch {
      // The gateway is away, or it went before it had answered.
    }
    since ??= Date.now();
    if (Date.now() - since >= PATIENCE_MS) return { status: 0, text: JSON.stringify({ error: NOT_HEARD }) };
    await new Promise((r) => setTimeout(r, wait));
  }
}

/** @returns what an answer says under that name; without it, that it says nothing */
function said(r: Answer, name: 'say' | 'error'): string {
  try {
    const word = (JSON.parse(r.text) as Record<string, unknown>)[name];
    if (typeof word === 'string') return word;
  } catch {
    // No answer of the gateway's own.
  }
  return name === 'say' ? 'Heard.' : `mainloop answered ${r.status} and did not say why. Your words were not heard.`;
}

const [verb, first, ...rest] = process.argv.slice(2);
const options: { label: string; recommended?: true }[] = [];
for (let i = 0; i + 1 < rest.length; i++) {
  if (rest[i] === '--option') options.push({ label: rest[++i]! });
  else if (rest[i] === '--recommended') options.push({ label: rest[++i]!, recommended: true });
}
let r: Answer;
if (verb === 'say' && first) r = await post('/talk/say', { text: first });
else if (verb === 'ask' && first) r = await post('/talk/ask', { question: first, options, multiple: rest.includes('--multiple') });
else if (verb === 'reply' && first && rest[0]) r = await post('/talk/reply', { id: first, text: rest[0] });
else {
  console.error(USAGE);
  process.exit(2);
}
if (r.status === 200) console.log(said(r, 'say'));
else {
  console.error(said(r, 'error'));
  process.exit(1);
}
