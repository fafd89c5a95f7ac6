// Another account of the same machine, that tries every way in.
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Everything below (and including) a folder that this account may read or write; for a socket writing means
 * connecting (unix(7)). The list is made by us, so what lies behind a folder it can't list is tried as well.
 * Links are left out: what they lead to is tried where it lies.
 * @returns sorted paths
 */
export function openTo(folder: string, uid: number, gid: number): string[] {
  const all = execFileSync('find', [folder, '!', '-type', 'l', '-print0'], { maxBuffer: 256 * 1024 * 1024 });
  const tried = 'for f; do if [ -r "$f" ] || [ -w "$f" ]; then printf "%s\\n" "$f"; fi; done';
  const out = execFileSync('xargs', ['-0', 'sh', '-c', tried, 'sh'], {
    uid,
    gid,
    cwd: '/',
    input: all,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
  });
  return out.split('\n').filter(Boolean).sort();
}

/** The ports on which any of these processes listens, as the kernel lists them for this network (proc(5)). */
export function portsOf(pids: readonly number[]): number[] {
  const sockets = new Set(
    pids.flatMap((pid) =>
      readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
        try {
          return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
        } catch {
          // Closed meanwhile.
          return [];
        }
      }),
    ),
  );
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8').split('\n'),
  );
  const listening = lines
    .map((line) => line.trim().split(/\s+/))
    .filter((f) => f[3] === '0A' && sockets.has(f[9]!));
  return [...new Set(listening.map((f) => Number.parseInt(f[1]!.split(':').at(-1)!, 16)))].sort(
    (a, b) => a - b,
  );
}

/**
 * Connects to a port on loopback, sends this, and reads the beginning of what is answered.
 * @param uid who does; null: ourselves
 * @returns the first twelve bytes at most; '' where the connection was made and closed without a word
 * @throws Error when no connection was made
 */
export async function firstWords(port: number, bytes: string, uid: number | null): Promise<string> {
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port} || exit 7; cat >&3; head -c 12 <&3`;
  const as = uid === null ? ['env'] : ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
  const child = spawn(as[0]!, [...as.slice(1), 'bash', '-c', script], {
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
  });
  let text = '';
  child.stdout.on('data', (d: Buffer) => (text += d.toString('latin1')));
  child.stdin.on('error', () => undefined);
  child.stdin.end(Buffer.from(bytes, 'latin1'));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code === 7) throw new Error(`nothing listens on port ${port}`);
  return text;
}
