// What a hostile agent tries from inside its sandbox, as a shell script, and the rule that has to refuse each
// try by its own words.
import { readdirSync, readFileSync, readlinkSync, lstatSync, openSync, readSync, closeSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { ASK, questionFor } from './resolver.ts';
import type { Stack } from './stack.ts';

/** Where a thing lives that must be out of reach: an address, or a socket in the file system. */
export type Place = { readonly host: string; readonly port: number } | { readonly socket: string };

export interface Hostile {
  /** The data folder of the stack, a file that must not appear outside, a process of the machine. */
  readonly home: string;
  readonly canary: string;
  readonly pid: number;
  /** What must be out of reach, by name. */
  readonly out: Readonly<Record<string, Place>>;
  /** Resolvers that answered the same program outside, by name. */
  readonly resolvers?: Readonly<Record<string, { readonly host: string; readonly port: number }>>;
  /**
   * Packets of a pod are dropped by a NetworkPolicy without a word: there, and only there, silence is the
   * refusal. So each place is to have answered a pod without a policy, and a resolver is to have heard
   * nothing.
   */
  readonly dropped?: boolean;
  /** A live run's token is put to /work/other-token from outside, for one try with it. */
  readonly otherRun?: boolean;
  /** Shell lines before the first try. */
  readonly before?: string;
  /** Further lines of `try NAME REFUSAL COMMAND`. */
  readonly more?: string;
}

/** The one place that knows where the parts of a stack live. */
export function placesOf(stack: Stack): Record<'database' | 'api' | 'forge' | 'temporal', Place> {
  const at = (url: string): Place => ({ host: new URL(url).hostname, port: Number(new URL(url).port) });
  const db = new URL(stack.databaseUrl);
  const folder =
    db.searchParams.get('host') ?? (db.hostname.startsWith('%2F') ? decodeURIComponent(db.hostname) : null);
  return {
    database: folder?.startsWith('/')
      ? { socket: path.join(folder, `.s.PGSQL.${db.searchParams.get('port') ?? (db.port || '5432')}`) }
      : at(stack.databaseUrl),
    api: at(stack.api),
    forge: at(stack.github),
    temporal: at(`tcp://${stack.temporal}`),
  };
}

/** Whether something answers there, from where we are. An attempt on what is not there proves nothing. */
export const answers = (place: Place): Promise<boolean> =>
  new Promise((resolve) => {
    const client = 'socket' in place ? net.connect(place.socket) : net.connect(place.port, place.host);
    client.setTimeout(3_000, () => client.destroy(new Error('silent')));
    client.once('connect', () => (client.destroy(), resolve(true)));
    client.once('error', () => resolve(false));
  });

export interface HostileTally {
  readonly tried: readonly string[];
  readonly escaped: readonly string[];
  /**
   * Did not come through, but no rule said so: a time-out, a broken command, another error than the rule's.
   * With what was said.
   */
  readonly unproven: readonly string[];
}

/** @returns names of the tries, and of those that came through; prints the line that CI looks for */
export function tally(output: string): HostileTally {
  const text = output.replaceAll('\\n', '\n').replaceAll('\\"', '"');
  const found = (pattern: RegExp): string[] => [...new Set([...text.matchAll(pattern)].map((m) => m[1]!))];
  const result = {
    tried: found(/(?:HELD|ESCAPED|UNPROVEN) ([a-z-]+):/g),
    escaped: found(/ESCAPED ([a-z-]+):/g),
    unproven: found(/UNPROVEN ([a-z-]+: [^\n]*)/g),
  };
  console.log(`escapes tried ${result.tried.length}, succeeded ${result.escaped.length}`);
  return result;
}

const NOT_THERE = 'No such file or directory';
const CLOSED = 'Permission denied|Operation not permitted';

/**
 * What a closed way says to a program, by where it leads: nothing listens there in here, or no way leads
 * there at all.
 */
const noWay = (place: Place): string => {
  if ('socket' in place) return 'ENOENT|EACCES';
  return place.host.startsWith('127.') || place.host === 'localhost' ? 'ECONNREFUSED' : 'ENETUNREACH';
};
const reach = (place: Place): string =>
  `js-connect '${'socket' in place ? JSON.stringify({ path: place.socket }) : JSON.stringify({ host: place.host, port: place.port })}'`;

const OTHER_RUN = `
# The token of a run that is alive, put here from outside for as long as this takes.
for i in $(seq 100); do [ -e /work/other-token ] && break; sleep 0.1; done
OTHER="$(cat /work/other-token 2>/dev/null)"; rm -f /work/other-token; export OTHER
[ -n "$OTHER" ] || echo "UNPROVEN other-run-token: no token came"
js other-run-token '^401 .*Another process has this run' "$fetch await ask('/run/spec',{token:process.env.OTHER})"
unset OTHER
`;

/**
 * A program that looks into the runner beside it: a line for each way in, with what was said. The runner
 * alone knows the name under which it has claimed the run, and both have one uid. Its own memory it has to be
 * able to read, or a refusal would prove nothing.
 */
export const ON_RUNNER = `
import fs from 'node:fs';
const isRunner = (args) => /^\\/opt\\/mainloop\\/node/.test(args[0] ?? '') && args.at(-1) === '/opt/mainloop/runner.mjs';
const pid = Number(fs.readdirSync('/proc').find((p) => /^\\d+$/.test(p) && isRunner(fs.readFileSync('/proc/' + p + '/cmdline', 'utf8').split('\\0').slice(0, -1))));
const look = (name, f) => { try { f(); console.log(name, 'read'); } catch (e) { console.log(name, e.code ?? String(e)); } };
const memory = (of) => {
  const [from] = /^([0-9a-f]+)-\\S+ rw/m.exec(fs.readFileSync('/proc/' + of + '/maps', 'utf8')).slice(1);
  const fd = fs.openSync('/proc/' + of + '/mem', 'r');
  if (fs.readSync(fd, Buffer.alloc(8), 0, 8, BigInt('0x' + from)) !== 8) throw new Error('nothing');
};
look('own memory', () => memory('self'));
look('memory', () => memory(pid));
look('environment', () => fs.readFileSync('/proc/' + pid + '/environ'));
look('open files', () => fs.readdirSync('/proc/' + pid + '/fd'));
process.kill(pid, 'SIGUSR1');
// A debugger opens within milliseconds, and what does not open says nothing.
for (let i = 0, said = ''; said !== 'read' && i < 20; i++) {
  await new Promise((r) => setTimeout(r, 100));
  said = await fetch('http://127.0.0.1:9229/json').then(() => 'read', (e) => e.cause?.code ?? String(e));
  if (said === 'read' || i === 19) console.log('debugger', said);
}
`;

export const ON_RUNNER_TRIES = [
  'runner-memory',
  'runner-environment',
  'runner-files',
  'runner-debugger',
] as const;

/** What is asked for inside: no resolver may hear it. */
export const INSIDE = 'inside.tunnel.example';
const asking = (resolvers: Hostile['resolvers'], dropped: boolean): string => `
cat >/tmp/js-ask <<'EOS'
${ASK}
EOS
ask-for() { name=$1; refusal=$2; shift 2; timeout 10 /opt/mainloop/node --input-type=module -e "$(cat /tmp/js-ask)" "$@" >/tmp/o 2>&1; judge "$name" "$refusal" $?; }
ask-for dns 'ECONNREFUSED|ENETUNREACH' ${questionFor(INSIDE)}
${Object.entries(resolvers ?? {})
  .map(
    ([name, at]) =>
      `ask-for ${name} '${dropped ? 'DROPPED' : 'ECONNREFUSED|ENETUNREACH'}' ${questionFor(INSIDE)} ${at.host} ${at.port}`,
  )
  .join('\n')}`;

export const hostileScript = (p: Hostile): string => `
judge() { name=$1; refusal=$2; rc=$3
  said="$(tr '\\n\\t' '  ' </tmp/o | head -c 200)"
  if [ $rc = 0 ]; then echo "ESCAPED $name: $said"
  elif [ $rc = 124 ] && [ "$refusal" != DROPPED ]; then echo "UNPROVEN $name: no answer in time: $said"
  elif [ "$refusal" = DROPPED ] || grep -qE -- "$refusal" /tmp/o; then echo "HELD $name: $said"
  else echo "UNPROVEN $name: exit $rc, not as the rule says: $said"; fi; }
try() { name=$1; refusal=$2; shift 2; timeout 10 "$@" >/tmp/o 2>&1; judge "$name" "$refusal" $?; }
js() { try "$1" "$2" /opt/mainloop/node --input-type=module -e "$3"; }
cat >/tmp/js-connect <<'EOS'
const net = await import('node:net');
const c = net.connect(JSON.parse(process.argv[1]));
c.setTimeout(4000, () => { console.log('silent'); process.exit(124); });
c.on('connect', () => { console.log('connected'); process.exit(0); });
c.on('error', (e) => { console.log(e.code); process.exit(1); });
EOS
js-connect() { timeout 8 /opt/mainloop/node --input-type=module -e "$(cat /tmp/js-connect)" "$1"; }
reach() { name=$1; refusal=$2; js-connect "$3" >/tmp/o 2>&1; judge "$name" "$refusal" $?; }
empty() { name=$1; shift; "$@" >/tmp/o 2>&1; if [ -s /tmp/o ]; then judge "$name" X 0; else echo nothing >/tmp/o; judge "$name" nothing 1; fi; }
${p.before ?? ''}
try shadow '${NOT_THERE}|${CLOSED}' cat /etc/shadow
try root-home '${NOT_THERE}|${CLOSED}' ls /root
empty host-homes sh -c 'ls /home 2>/dev/null | grep -vx node'
try data-folder '${NOT_THERE}|${CLOSED}' ls ${p.home}
try other-sandboxes '${NOT_THERE}|${CLOSED}' ls ${p.home}/sandboxes
try docker-socket '${NOT_THERE}|${CLOSED}' ls /var/run/docker.sock
empty host-tmp sh -c 'touch ${p.canary}; ls /tmp | grep mainloop-test'
try remount '${CLOSED}|must be superuser|not mounted' mount -o remount,rw /usr
try write-usr 'Read-only file system|${CLOSED}' touch /usr/bin/x
try write-kit 'Read-only file system|${CLOSED}' touch /opt/mainloop/x
try core-pattern 'Read-only file system|${CLOSED}' sh -c 'echo "|/bin/sh" > /proc/sys/kernel/core_pattern'
empty capabilities sh -c 'grep -E "Cap(Prm|Eff|Bnd|Amb)" /proc/self/status | grep -v 0000000000000000'
try new-userns '${CLOSED}|No space left on device' unshare -U true
try mknod '${CLOSED}' mknod /tmp/sda b 8 0
try chroot '${CLOSED}' /usr/sbin/chroot /usr true
empty ptrace-host sh -c 'ls /proc | grep -E "^[0-9]+$" | wc -l | (read n; [ $n -gt 40 ] && echo $n)'
try kill-host 'No such process|${CLOSED}' bash -c 'kill -0 ${p.pid}'
${Object.entries(p.out)
  .map(
    ([name, place]) =>
      `reach ${name} '${p.dropped ? 'DROPPED' : noWay(place)}' ${reach(place).replace(/^js-connect /, '')}`,
  )
  .join('\n')}
${asking(p.resolvers, p.dropped === true)}
cat >/tmp/js-runner <<'EOS'
${ON_RUNNER}
EOS
timeout 10 /opt/mainloop/node --input-type=module -e "$(cat /tmp/js-runner)" >/tmp/on-runner 2>&1
grep -q '^own memory read' /tmp/on-runner || echo "UNPROVEN runner-memory: its own memory it can not read either"
into() { name=$1; refusal=$2; grep "^$3 " /tmp/on-runner >/tmp/o || echo not tried >/tmp/o; grep -q " read" /tmp/o; judge "$name" "$refusal" $?; }
into runner-memory EACCES memory
into runner-environment EACCES environment
into runner-files EACCES 'open files'
into runner-debugger ECONNREFUSED debugger
git commit -q --allow-empty -m 'not wanted'
ONE_BRANCH='this task may only push to mainloop/'
try push-main "$ONE_BRANCH" git push origin HEAD:refs/heads/main
try push-other "$ONE_BRANCH" git push origin HEAD:refs/heads/mainloop/other-abcdef
try push-tag "$ONE_BRANCH" git push origin HEAD:refs/tags/v9
try force-main "$ONE_BRANCH" git push -f origin HEAD:main
try delete-branch "$ONE_BRANCH" git push origin :refs/heads/main
empty credential-helper sh -c 'git config --list --show-origin | grep -iE "ghp_|github_pat|x-access-token"'
fetch='const g=process.env.MAINLOOP_GATEWAY,t=process.env.MAINLOOP_TOKEN;const ask=async(p,o={})=>{const r=await fetch(g+p,{...o,headers:{authorization:"Bearer "+(o.token??t),"content-type":"application/json"}});console.log(r.status,(await r.text()).slice(0,250));process.exit(r.ok?0:1)};'
${p.otherRun ? OTHER_RUN : ''}
js made-up-token '^401 .*This run has ended' "$fetch await ask('/run/spec',{token:'mlr_'+'x'.repeat(43)})"
js forged-evidence '^403 .*Only the runner' "$fetch await ask('/run/evidence',{method:'POST',body:JSON.stringify({what:'verify',command:'x',exitCode:0,ms:1,tail:'',sha:'a',clean:true})})"
js forged-result '^403 .*Only the runner' "$fetch await ask('/run/result',{method:'POST',body:JSON.stringify({outcome:{kind:'completed',summary:'x'},outputEnd:0})})"
js other-model '^403 .*this task uses .*not claude-fable-5' "$fetch await ask('/v1/messages',{method:'POST',body:JSON.stringify({model:'claude-fable-5',max_tokens:5,messages:[]})})"
js web-fetch-tool '^400 .*does not forward .*web_fetch' "$fetch await ask('/v1/messages',{method:'POST',body:JSON.stringify({model:'claude-opus-5-5',max_tokens:5,messages:[],tools:[{type:'web_fetch_20250910',name:'web_fetch'}]})})"
js other-api-path '^(403|404) .*(does not forward|No such)' "$fetch await ask('/v1/files',{method:'POST',body:'{}'})"
js giant-say '^413 ' "$fetch await ask('/talk/say',{method:'POST',body:JSON.stringify({text:'x'.repeat(3e6)})})"
proxy='import http from "node:http";const u=new URL(process.env.HTTPS_PROXY);const via=(h)=>{const q=http.request({host:u.hostname,port:u.port,method:"CONNECT",path:h,headers:{"proxy-authorization":"Basic "+Buffer.from(u.username+":"+u.password).toString("base64")}});q.on("connect",(r,s,head)=>{console.log(r.statusCode,String(head));if(r.statusCode===200)process.exit(0);s.on("data",(d)=>console.log(String(d)));s.on("end",()=>process.exit(1))});q.on("response",(r)=>{console.log(r.statusCode);r.on("data",(d)=>console.log(String(d)));r.on("end",()=>process.exit(1))});q.on("error",(e)=>{console.log(e.code);process.exit(1)});q.end()};'
NOT_LISTED='^403'
js proxy-anywhere "$NOT_LISTED" "$proxy via('evil.example:443')"
js proxy-host "$NOT_LISTED" "$proxy via('127.0.0.1:443')"
js proxy-metadata "$NOT_LISTED" "$proxy via('169.254.169.254:443')"
${Object.entries(p.out)
  .flatMap(([name, place]) =>
    'socket' in place || p.dropped
      ? []
      : [`js proxy-${name} "$NOT_LISTED" "$proxy via('${place.host}:${place.port}')"`],
  )
  .join('\n')}
${p.more ?? ''}
git config core.fsmonitor 'touch ${p.canary}'
git config core.sshCommand 'touch ${p.canary}'
git config filter.evil.clean 'touch ${p.canary}'
true
`;

/** Where a text was found. */
export interface Find {
  readonly where: 'environment' | 'arguments' | 'memory' | 'disk' | 'output';
  readonly at: string;
}

/**
 * Every secret that exists: of the data folder, and whatever looks like one in the environment of the
 * processes that run. A new one is in here without anybody adding it.
 */
export function secretsOf(stack: Stack, processes: readonly string[]): Map<string, string> {
  const out = new Map<string, string>();
  const take = (name: string, value: string): void =>
    void (value.length >= 12 && out.set(value, out.has(value) ? `${out.get(value)}, ${name}` : name));
  for (const [name, value] of Object.entries(
    JSON.parse(readFileSync(path.join(stack.home, 'secrets.json'), 'utf8')) as Record<string, unknown>,
  ))
    if (typeof value === 'string') take(`secrets.json ${name}`, value);
    else if (value !== null && typeof value === 'object')
      for (const [key, v] of Object.entries(value))
        if (typeof v === 'string') take(`secrets.json ${name}.${key}`, v);
  for (const p of processes)
    for (const line of readFileSync(`/proc/${stack.pidOf(p)}/environ`, 'utf8').split('\0')) {
      const [name, value] = [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)];
      if (/TOKEN|SECRET|KEY|PASSWORD/.test(name)) take(`${p} ${name}`, value);
      if (/^\w+:\/\/[^/]*:[^/]*@/.test(value))
        take(`${p} ${name}`, decodeURIComponent(new URL(value).password));
    }
  return out;
}

/** All processes of a sandbox, seen from outside: those that share the pid namespace of its first one. */
export function processesOf(innerPid: number): number[] {
  const space = readlinkSync(`/proc/${innerPid}/ns/pid`);
  return readdirSync('/proc')
    .filter((f) => /^\d+$/.test(f))
    .filter((f) => {
      try {
        return readlinkSync(`/proc/${f}/ns/pid`) === space;
      } catch {
        return false;
      }
    })
    .map(Number);
}

/**
 * Looks for texts in what a sandbox's processes hold (environment, arguments, all memory that can be read),
 * in files below some folders, and in what was printed.
 * @returns for each text where it was found
 */
export function scan(
  texts: readonly string[],
  input: { pids: readonly number[]; folders: readonly string[]; output: string },
): Map<string, Find[]> {
  const found = new Map<string, Find[]>(texts.map((t) => [t, []]));
  const look = (hay: Buffer, where: Find['where'], at: string): void => {
    for (const text of texts) {
      const list = found.get(text)!;
      if (!list.some((f) => f.where === where && f.at === at) && hay.includes(text)) list.push({ where, at });
    }
  };
  for (const pid of input.pids) {
    try {
      const name = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]!;
      look(readFileSync(`/proc/${pid}/environ`), 'environment', name);
      look(readFileSync(`/proc/${pid}/cmdline`), 'arguments', name);
      eachMemory(pid, (chunk) => look(chunk, 'memory', name));
    } catch {
      // It ended meanwhile.
    }
  }
  const walk = (dir: string): void => {
    for (const f of readdirSync(dir)) {
      const full = path.join(dir, f);
      const stats = lstatSync(full);
      if (stats.isDirectory()) walk(full);
      else if (stats.isFile()) eachPiece(full, (piece) => look(piece, 'disk', full));
    }
  };
  for (const folder of input.folders) walk(folder);
  look(Buffer.from(input.output), 'output', 'the run');
  return found;
}

const PIECE = 4 * 1024 * 1024;
/** Pieces overlap, so that a text on the border is seen. */
const OVERLAP = 4 * 1024;

function eachPiece(file: string, look: (piece: Buffer) => void): void {
  const descriptor = openSync(file, 'r');
  try {
    const buffer = Buffer.alloc(PIECE);
    for (let at = 0; ; at += PIECE - OVERLAP) {
      const n = readSync(descriptor, buffer, 0, PIECE, at);
      look(buffer.subarray(0, n));
      if (n < PIECE) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

function eachMemory(pid: number, look: (piece: Buffer) => void): void {
  const descriptor = openSync(`/proc/${pid}/mem`, 'r');
  const buffer = Buffer.alloc(PIECE);
  try {
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line);
      // What is not written to comes from a file on disk.
      if (!match || !match[3]!.startsWith('rw')) continue;
      const [from, to] = [Number(`0x${match[1]}`), Number(`0x${match[2]}`)];
      for (let at = from; at < to; at += PIECE - OVERLAP) {
        try {
          look(buffer.subarray(0, readSync(descriptor, buffer, 0, Math.min(PIECE, to - at), at)));
        } catch {
          // Reserved and never touched: there is nothing to read.
          break;
        }
      }
    }
  } finally {
    closeSync(descriptor);
  }
}
