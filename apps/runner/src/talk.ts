// `mainloop` inside a sandbox: say, ask and reply. One file without dependencies, because every call starts it anew.
import http from 'node:http';

const USAGE = `mainloop say "text"
mainloop ask "question" [--option "A" [--option "B" ...]] [--multiple]
mainloop reply COMMENT "what you did about it"`;

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

/** A word that is given up is lost, and the agent goes on as if it had been heard. So it waits, as the runner does; the run's end ends it. */
async function post(path: string, body: unknown): Promise<Answer> {
  const data = JSON.stringify(body);
  for (let wait = 50, again = false; ; wait = Math.min(wait * 2, 3_000), again = true) {
    try {
      const r = await once(path, data, again);
      if (r.status < 500) return r;
    } catch {
      // The gateway is away, or it went before it had answered.
    }
    await new Promise((r) => setTimeout(r, wait));
  }
}

const [verb, first, ...rest] = process.argv.slice(2);
const options: { label: string }[] = [];
for (let i = 0; i < rest.length; i++) if (rest[i] === '--option' && rest[i + 1] !== undefined) options.push({ label: rest[++i]! });
let r: Answer;
if (verb === 'say' && first) r = await post('/talk/say', { text: first });
else if (verb === 'ask' && first) r = await post('/talk/ask', { question: first, options, multiple: rest.includes('--multiple') });
else if (verb === 'reply' && first && rest[0]) r = await post('/talk/reply', { id: first, text: rest[0] });
else {
  console.error(USAGE);
  process.exit(2);
}
if (r.status === 200) console.log((JSON.parse(r.text) as { say: string }).say);
else {
  console.error((JSON.parse(r.text) as { error: string }).error);
  process.exit(1);
}
