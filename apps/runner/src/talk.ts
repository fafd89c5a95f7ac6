// `mainloop` inside a sandbox: say, ask and reply. One file without dependencies, because every call starts it anew.
import http from 'node:http';

const USAGE = `mainloop say "text"
mainloop ask "question" [--option "A" [--option "B" ...]] [--multiple]
mainloop reply COMMENT "what you did about it"`;

function post(path: string, body: unknown): Promise<{ status: number; text: string }> {
  const url = new URL(path, process.env.MAINLOOP_GATEWAY);
  const data = JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const req = http.request(
      url,
      {
        method: 'POST',
        headers: {
          authorization: `Bearer ${process.env.MAINLOOP_TOKEN}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(data),
        },
      },
      (res) => {
        let text = '';
        res.on('data', (d: Buffer) => {
          text += d.toString();
        });
        res.on('end', () => resolve({ status: res.statusCode ?? 0, text }));
      },
    );
    req.on('error', reject);
    req.end(data);
  });
}

const [verb, first, ...rest] = process.argv.slice(2);
const options: { label: string }[] = [];
for (let i = 0; i < rest.length; i++) if (rest[i] === '--option' && rest[i + 1] !== undefined) options.push({ label: rest[++i]! });
let r: { status: number; text: string };
try {
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
} catch (err) {
  console.error(`mainloop could not be reached: ${(err as Error).message}`);
  process.exit(1);
}
